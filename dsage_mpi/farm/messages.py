"""The messages between rank 0 and the workers: layout, tags, reusable buffers.

A task message is a header and the tasks' bytes; a result message is a header, seconds, failure
flags and the results' bytes. Nothing is pickled. Failure texts, of any length, follow a result
message in messages of their own.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dsage_mpi.farm.runner import BatchResult


class Tag(IntEnum):
    """MPI tags, on a communicator that only the farm uses."""

    READY = 1  # worker to rank 0, once: host, traceback if there is no simulator, does it beat
    TASKS = 2  # rank 0 to worker
    RESULTS = 3  # worker to rank 0, one for each TASKS
    REASONS = 4  # worker to rank 0, as many as it takes, after a RESULTS that announces them
    STOP = 5  # rank 0 to worker, once: number of TASKS, STATE and REQUEST messages it was sent
    BYE = 6  # worker to rank 0, once: its own statistics
    CALL = 7  # rank 0 to worker: name and argument of a call that all ranks do together
    ALIVE = 8  # worker to rank 0, empty: a chunk takes long, but the worker lives
    STATE = 9  # rank 0 to worker: what its later requests are about
    REQUEST = 10  # rank 0 to worker that has no tasks
    REPLY = 11  # worker to rank 0, one for each REQUEST


#: In place of a position in the chunk: the text says why the worker cannot simulate any more.
LOST = -1

#: Bytes of tasks or results that one message should not exceed (MPI counts are 32-bit).
MESSAGE_BYTES = 32 * 2**20

_TASK_HEADER = struct.Struct("<qq")  # chunk number, tasks
_RESULT_HEADER = struct.Struct("<qqqd")  # chunk number, tasks, bytes of reasons, busy seconds


class Buffer:
    """A byte buffer that grows to the largest message it has seen."""

    def __init__(self) -> None:
        self.bytes = np.empty(4096, np.uint8)

    def reserve(self, size: int) -> NDArray[np.uint8]:
        """The first ``size`` bytes; earlier contents may be lost."""
        if size > self.bytes.size:
            self.bytes = np.empty(max(size, 2 * self.bytes.size), np.uint8)
        return self.bytes[:size]


@dataclass(frozen=True)
class ResultMessage:
    """A result message as rank 0 reads it; arrays are views of the receive buffer.

    Attributes:
        chunk: Number of the chunk, as in the task message.
        seconds: (k,) float64.
        failed: (k,) uint8.
        results: (k, item size) uint8.
        reason_bytes: Length of the failure texts that follow, in ``pieces``; 0: none follow.
        busy_seconds: Time that the worker spent on the chunk.
    """

    chunk: int
    seconds: NDArray[np.float64]
    failed: NDArray[np.uint8]
    results: NDArray[np.uint8]
    reason_bytes: int
    busy_seconds: float


def as_rows(array: NDArray[Any]) -> NDArray[np.uint8]:
    """The bytes of a contiguous (n,) array as (n, item size) uint8, without a copy."""
    return array.view(np.uint8).reshape(len(array), array.dtype.itemsize)


def most_tasks(task_dtype: np.dtype[Any], result_dtype: np.dtype[Any]) -> int:
    """Most tasks that fit into one message, there and back; at least 1."""
    return max(1, MESSAGE_BYTES // (max(task_dtype.itemsize, result_dtype.itemsize) + 9))


def pack_tasks(
    buffer: Buffer, chunk: int, rows: NDArray[np.uint8], indices: NDArray[np.intp]
) -> NDArray[np.uint8]:
    """The task message for ``rows[indices]``, in ``buffer``."""
    head, item = _TASK_HEADER.size, rows.shape[1]
    message = buffer.reserve(head + len(indices) * item)
    _TASK_HEADER.pack_into(message.data, 0, chunk, len(indices))
    rows.take(indices, axis=0, out=message[head:].reshape(len(indices), item), mode="clip")
    return message


def unpack_tasks(message: NDArray[np.uint8], task_dtype: np.dtype[Any]) -> tuple[int, NDArray[Any]]:
    """Chunk number and tasks ((k,) of ``task_dtype``, a view) of a task message."""
    chunk, count = _TASK_HEADER.unpack_from(message.data)
    return chunk, np.frombuffer(message, task_dtype, count, _TASK_HEADER.size)


def pack_results(
    buffer: Buffer, chunk: int, batch: BatchResult, reasons: bytes, busy_seconds: float
) -> NDArray[np.uint8]:
    """The result message of a finished batch, in ``buffer``."""
    count, item = len(batch.results), batch.results.dtype.itemsize
    message = buffer.reserve(_RESULT_HEADER.size + count * (8 + 1 + item))
    _RESULT_HEADER.pack_into(message.data, 0, chunk, count, len(reasons), busy_seconds)
    seconds, failed, results = _result_parts(message, count)
    seconds[:] = batch.seconds
    failed[:] = batch.failed
    results[:] = as_rows(batch.results)
    return message


def unpack_results(message: NDArray[np.uint8]) -> ResultMessage:
    """Reads a result message."""
    chunk, count, reason_bytes, busy_seconds = _RESULT_HEADER.unpack_from(message.data)
    return ResultMessage(chunk, *_result_parts(message, count), reason_bytes, busy_seconds)


def _result_parts(
    message: NDArray[np.uint8], count: int
) -> tuple[NDArray[np.float64], NDArray[np.uint8], NDArray[np.uint8]]:
    start = _RESULT_HEADER.size
    flags, rows = start + 8 * count, start + 9 * count
    return (
        message[start:flags].view(np.float64),
        message[flags:rows],
        message[rows:].reshape(count, -1),
    )


def pack_reasons(reasons: dict[int, str]) -> bytes:
    """Failure texts by position in the chunk, equal ones once; empty if there are none."""
    if not reasons:
        return b""
    positions: dict[str, list[int]] = {}
    for position, text in reasons.items():
        positions.setdefault(text, []).append(position)
    return json.dumps(list(positions.items())).encode()


def unpack_reasons(message: bytes) -> dict[int, str]:
    """Reads what ``pack_reasons`` wrote."""
    pairs = json.loads(message)
    return {position: text for text, positions in pairs for position in positions}


def pieces(message: bytes | bytearray) -> Iterator[memoryview]:
    """``message`` in parts of at most ``MESSAGE_BYTES``, for sending or to be received into."""
    view = memoryview(message)
    for start in range(0, len(view), MESSAGE_BYTES):
        yield view[start : start + MESSAGE_BYTES]
