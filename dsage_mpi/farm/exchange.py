"""Rank 0's messages to and from its workers: chunks of tasks out, their results in."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dsage_mpi.farm.job import Job, Sent
from dsage_mpi.farm.messages import (
    Buffer,
    ResultMessage,
    Tag,
    pack_tasks,
    pieces,
    unpack_reasons,
    unpack_results,
)


class ChunkExchange:
    """Sends chunks and takes in their results; knows what is under way.

    Args:
        comm: Communicator of all ranks.
        workers: Ranks that simulate.

    Attributes:
        sent_to: Rank -> chunks that it was ever sent.
        waiting: Rank -> chunks that it has not answered yet.
    """

    def __init__(self, comm: Any, workers: range) -> None:
        from mpi4py import MPI

        self._mpi, self._comm = MPI, comm
        self._status = MPI.Status()
        self._inbox = Buffer()
        self._spare: list[Buffer] = []
        self._count = 0
        self._sent: dict[int, Sent] = {}
        self.sent_to = dict.fromkeys(workers, 0)
        self.waiting = dict.fromkeys(workers, 0)

    @property
    def idle(self) -> bool:
        """Whether every chunk was answered."""
        return not self._sent

    def held_by(self, rank: int) -> list[Sent]:
        """The chunks that a worker has not answered."""
        return [sent for sent in self._sent.values() if sent.rank == rank]

    def send(self, rank: int, job: Job, indices: NDArray[np.intp]) -> None:
        """Sends a worker these tasks of ``job``; returns at once."""
        number, self._count = self._count, self._count + 1
        buffer = self._spare.pop() if self._spare else Buffer()
        message = pack_tasks(buffer, number, job.rows, indices)
        request = self._comm.Isend([message, self._mpi.BYTE], rank, Tag.TASKS)
        self._sent[number] = Sent(number, rank, indices, job.account, buffer, request)
        self.sent_to[rank] += 1
        self.waiting[rank] += 1

    def has_answer(self) -> bool:
        """Whether results have come that ``receive`` would take in."""
        return bool(self._comm.Iprobe(self._mpi.ANY_SOURCE, Tag.RESULTS, self._status))

    def receive(self) -> tuple[Sent, ResultMessage, dict[int, str]]:
        """Takes in the results that ``has_answer`` has seen.

        Returns:
            The chunk, what came of it (valid until the next call), and task -> why it failed.
        """
        rank = self._status.Get_source()
        message = self._inbox.reserve(self._status.Get_count(self._mpi.BYTE))
        self._comm.Recv([message, self._mpi.BYTE], rank, Tag.RESULTS)
        result = unpack_results(message)
        sent = self._sent.pop(result.chunk)
        sent.request.Wait()  # over long ago: the answer is here
        self._spare.append(sent.buffer)
        self.waiting[rank] -= 1
        return sent, result, self._receive_reasons(rank, result.reason_bytes)

    def end(self) -> None:
        """Waits for the messages that workers dropped unread."""
        for sent in self._sent.values():
            sent.request.Wait()

    def _receive_reasons(self, rank: int, size: int) -> dict[int, str]:
        if size == 0:
            return {}
        text = bytearray(size)
        for piece in pieces(text):
            self._comm.Recv([piece, self._mpi.BYTE], rank, Tag.REASONS)
        return unpack_reasons(bytes(text))
