"""The messages between a rank and its child: a kind, a length, bytes. Nothing is pickled."""

from __future__ import annotations

import io
import struct
from collections.abc import Mapping
from enum import IntEnum
from typing import BinaryIO, NamedTuple

import numpy as np

from dsage_mpi.core.domain import Array


class Kind(IntEnum):
    """What a frame holds."""

    BUILD = 1  # to the child, first: JSON with factory and options, and arrays
    TASK = 2  # to the child: the bytes of one task
    CALL = 3  # to the child: arrays, the method's name among them
    READY = 4  # from the child, first: JSON with the sizes of a task and of a result
    RESULT = 5  # from the child, one for each TASK: the bytes of one result
    ANSWER = 6  # from the child, one for each CALL: arrays
    FAILED = 7  # from the child, in place of any of the three above: text; it ends then
    TASK_FAILED = 8  # from the child, in place of RESULT: text; it goes on
    LOST = 9  # from the child, in place of RESULT: text; no task can be run any more


class Frame(NamedTuple):
    """One message."""

    kind: Kind
    payload: bytes


class GarbageError(Exception):
    """What came out of the pipe is no frame."""


_HEADER = struct.Struct("<II")
_KINDS = frozenset(Kind)
#: A longer frame is no frame of ours.
_MOST_BYTES = 2**30


def pack(kind: Kind, payload: bytes | memoryview) -> bytes:
    """The bytes of a frame."""
    return _HEADER.pack(kind, len(payload)) + payload


def read_frame(stream: BinaryIO) -> Frame | None:
    """Waits for the next frame of a blocking stream; None at its end."""
    header = stream.read(_HEADER.size)
    if len(header) < _HEADER.size:
        return None
    kind, length = _unpack(header)
    payload = stream.read(length)
    return Frame(kind, payload) if len(payload) == length else None


class FrameBuffer:
    """Cuts frames out of bytes that arrive in pieces."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def add(self, piece: bytes) -> None:
        """Takes in what was read."""
        self._bytes += piece

    def next(self) -> Frame | None:
        """The next frame, or None if it is not complete yet.

        Raises:
            GarbageError: There is something else.
        """
        if len(self._bytes) < _HEADER.size:
            return None
        kind, length = _unpack(self._bytes)
        end = _HEADER.size + length
        if len(self._bytes) < end:
            return None
        payload = bytes(self._bytes[_HEADER.size : end])
        del self._bytes[:end]
        return Frame(kind, payload)


def _unpack(header: bytes | bytearray) -> tuple[Kind, int]:
    kind, length = _HEADER.unpack_from(header)
    if kind not in _KINDS or length > _MOST_BYTES:
        raise GarbageError("bytes that are no message of ours")
    return Kind(kind), length


def pack_arrays(arrays: Mapping[str, Array]) -> bytes:
    """Arrays by name as the bytes of an NPZ file."""
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, **arrays)
    return file.getvalue()


def unpack_arrays(payload: bytes) -> dict[str, Array]:
    """Reads what ``pack_arrays`` wrote."""
    with np.load(io.BytesIO(payload), allow_pickle=False) as file:
        return dict(file)
