"""Rank 0's requests to ranks that hold no tasks, and their answers (``core.computing.Compute``).

Whoever answers, an answer is the same; so nothing has to be waited for. Rank 0 answers requests
itself meanwhile, and in the end also those that another rank is slow with, lost or suspended.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dsage_mpi.core.computing import Bytes
from dsage_mpi.farm.backoff import wait_until
from dsage_mpi.farm.desk import EAGER_BYTES, HEADER, REPLY, Reply
from dsage_mpi.farm.exchange import ChunkExchange
from dsage_mpi.farm.messages import Tag
from dsage_mpi.farm.outcome import Ledger
from dsage_mpi.farm.roster import Roster

_log = logging.getLogger("dsage_mpi.farm")

#: Rank 0 answers a request itself that takes another rank so many times as long as its own took
#: here, and so long at least.
_SLOWER, _SLOW_SECONDS = 4.0, 0.02
#: Rank 0 looks for answers so often, or a hundred times while it could answer one itself.
_POLL_SECONDS, _POLL_SHARE, _LONGEST_POLL_SECONDS = 100e-6, 0.01, 10e-3
_LOOKS = 3
_REFUSED = "rank %d on %s computes nothing beside its simulations (farm.compute): %s"


class RankPool:
    """Spreads requests over this rank and those without tasks.

    Args:
        comm: The farm's communicator.
        exchange: Knows who holds tasks.
        roster: Knows who is there.
        ledger: Is told how long ranks computed.

    Attributes:
        ranks: How many compute at most, this one included.
        sent_to: Rank -> states and requests that it was ever sent.
    """

    def __init__(self, comm: Any, exchange: ChunkExchange, roster: Roster, ledger: Ledger) -> None:
        from mpi4py import MPI

        self._mpi, self._comm, self._status = MPI, comm, MPI.Status()
        self._exchange, self._roster, self._ledger = exchange, roster, ledger
        self.sent_to = dict.fromkeys(exchange.sent_to, 0)
        self.ranks = 1 + len(self.sent_to)
        self._state: Bytes | None = None
        self._has_state: set[int] = set()
        #: Rank -> numbers of the requests that it owes an answer.
        self._owing: dict[int, set[int]] = {rank: set() for rank in exchange.sent_to}
        self._refusing: set[int] = set()
        self._sending: list[tuple[Any, Bytes]] = []
        self._next = 0
        self._seconds = 0.0
        self._job = _NOTHING

    def load(self, state: Bytes) -> None:
        """See ``Compute.load``; a rank gets it before its next request."""
        self._state = state
        self._has_state.clear()

    def map(
        self,
        requests: Sequence[Bytes],
        local: Callable[[int], NDArray[Any]],
        *,
        prefetch: int = 1,
        on_wait: Callable[[], None] = lambda: None,
    ) -> list[NDArray[Any] | Bytes]:
        """See ``Compute.map``."""
        self.receive_late()
        self._sending = [(sent, kept) for sent, kept in self._sending if not sent.Test()]
        self._job = job = _Job(self._next, requests, 1 + prefetch)
        self._next += len(requests)
        self._let_join()
        try:
            while len(job.answers) < len(requests):
                self._take_in()
                self._hand_out(keep=1)
                if job.todo:
                    self._do(job.todo.pop(), local)
                elif len(job.answers) < len(requests) and not self._hears_in_time(on_wait):
                    self._do(next(k for k in job.numbers if k not in job.answers), local)
        finally:
            self._job = _NOTHING
        return [job.answers[k] for k in job.numbers]

    def poll(self) -> None:
        """See ``Compute.poll``."""
        self._take_in()
        if self._job.todo:
            self._let_join()
            self._hand_out(keep=0)

    def receive_late(self) -> None:
        """Takes in answers that nobody waits for any more."""
        self._take_in()

    def end(self) -> None:
        """Waits for the messages that ranks dropped unread."""
        for request, _ in self._sending:
            request.Wait()

    def _is_free(self, rank: int) -> bool:
        return (
            self._roster.works(rank)
            and rank not in self._refusing
            and not self._exchange.waiting[rank]
            and not self._owing[rank]
        )

    def _let_join(self) -> None:
        """A rank takes part once it has no tasks, and owes no answer to an earlier ``map``."""
        ranks = self._job.ranks
        ranks.extend(rank for rank in self._owing if rank not in ranks and self._is_free(rank))

    def _hand_out(self, keep: int) -> None:
        """First something for everybody; then something that waits; ``keep`` are left."""
        job = self._job
        for held in range(job.depth):
            for rank in job.ranks:
                if len(job.todo) <= keep:
                    return
                if len(self._owing[rank]) <= held and not self._exchange.waiting[rank]:
                    k = job.todo.popleft()
                    self._send(rank, job.first + k, job.requests[k])

    def _do(self, k: int, local: Callable[[int], NDArray[Any]]) -> None:
        start = time.perf_counter()
        self._job.here.add(k)
        self._job.answers[k] = local(k)
        self._seconds = time.perf_counter() - start

    def _hears_in_time(self, on_wait: Callable[[], None]) -> bool:
        """Waits for an answer; whether one has come."""
        limit = _SLOW_SECONDS + _SLOWER * self._seconds
        pause = min(_LONGEST_POLL_SECONDS, max(_POLL_SECONDS, _POLL_SHARE * self._seconds))
        return wait_until(self._has_reply, pause, limit=limit, on_wait=on_wait)

    def _has_reply(self) -> bool:
        """Whether an answer is here; a look may only move what the next one sees."""
        looks = (
            self._comm.Iprobe(self._mpi.ANY_SOURCE, Tag.REPLY, self._status) for _ in range(_LOOKS)
        )
        return any(looks)

    def _send(self, rank: int, number: int, request: Bytes) -> None:
        if rank not in self._has_state and self._state is not None:
            self._isend(rank, self._state, Tag.STATE)
            self._has_state.add(rank)
            self.sent_to[rank] += 1
        message = np.empty(HEADER.size + request.size, np.uint8)
        HEADER.pack_into(message.data, 0, number, request.size)
        message[HEADER.size :] = request
        for start in range(0, message.size, EAGER_BYTES):
            self._isend(rank, message[start : start + EAGER_BYTES], Tag.REQUEST)
        self.sent_to[rank] += 1
        self._owing[rank].add(number)

    def _isend(self, rank: int, message: Bytes, tag: Tag) -> None:
        request = self._comm.Isend([message, self._mpi.BYTE], rank, tag)
        if not request.Test():
            self._sending.append((request, message))

    def _take_in(self) -> None:
        job = self._job
        while self._has_reply():
            rank = self._status.Get_source()
            message = np.empty(self._status.Get_count(self._mpi.BYTE), np.uint8)
            self._comm.Recv([message, self._mpi.BYTE], rank, Tag.REPLY)
            number, kind, seconds = REPLY.unpack_from(message.data)
            self._ledger.add_answer(rank, seconds)
            self._owing[rank].discard(number)
            k, found = number - job.first, message[REPLY.size :]
            if kind == Reply.REFUSED:
                self._refuse(rank, found)
            if kind != Reply.ANSWER and rank in job.ranks:
                job.ranks.remove(rank)
            if k not in job.numbers or k in job.answers or k in job.here:
                continue  # of an earlier ``map``, or answered here, if only in a moment
            if kind == Reply.ANSWER:
                job.answers[k] = found
            else:
                job.todo.append(k)

    def _refuse(self, rank: int, why: Bytes) -> None:
        if rank not in self._refusing:
            self._refusing.add(rank)
            text = why.tobytes().decode(errors="replace")
            _log.warning(_REFUSED, rank, self._roster.hosts[rank], text)


class _Job:
    """One ``map``: number of its first request, what nobody has begun, and what is answered.

    Args:
        first: Number of its first request among all that there ever were.
        requests: What to answer.
        depth: Requests that a rank holds at most: one that it works at, and those that wait.
    """

    def __init__(self, first: int, requests: Sequence[Bytes], depth: int) -> None:
        self.first, self.requests, self.depth = first, requests, depth
        self.numbers = range(len(requests))
        self.todo = deque(self.numbers)
        self.answers: dict[int, NDArray[Any] | Bytes] = {}
        #: What this rank has answered, or is just answering.
        self.here: set[int] = set()
        #: Who takes part.
        self.ranks: list[int] = []


#: Between two calls of ``map``.
_NOTHING = _Job(0, (), 0)
