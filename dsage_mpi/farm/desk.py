"""A worker's answers to what is not a task: see ``core.computing.Service``."""

from __future__ import annotations

import contextlib
import struct
import time
from collections.abc import Callable
from enum import IntEnum
from typing import Any

import numpy as np

from dsage_mpi.core.computing import Bytes, NotWantedError, Service
from dsage_mpi.farm.backoff import wait_until
from dsage_mpi.farm.messages import Buffer, Tag
from dsage_mpi.farm.runner import describe

#: Of a request: its number and its size.
HEADER = struct.Struct("<qq")
#: Of a reply: the request's number, what follows (`Reply`), and how many seconds it took.
REPLY = struct.Struct("<qqd")


class Reply(IntEnum):
    """What a reply says."""

    REFUSED = 0  # why this rank's service has ended
    ANSWER = 1
    NOT_WANTED = 2  # nothing: this rank had something more urgent to do


#: A request travels in messages of so many bytes: less than what any MPI library waits for the
#: receiver with. Otherwise it would not move while this rank computes and that one looks for work.
EAGER_BYTES = 3968
_SEND_POLL_SECONDS = 200e-6


class ServiceDesk:
    """Takes in states and requests of rank 0, one at a time, and answers the latter.

    Args:
        comm: The farm's communicator.
        service: What answers; None refuses.
    """

    def __init__(self, comm: Any, service: Service | None) -> None:
        from mpi4py import MPI

        self._mpi, self._comm, self._service = MPI, comm, service
        self._inbox = Buffer()
        #: Replies that are under way. Rank 0 may be computing itself, so that none is waited for.
        self._sending: list[tuple[Any, Bytes]] = []
        self._failure = "" if service is not None else "it has no service"
        #: How long answers have taken.
        self.busy_seconds = 0.0

    def receive(self, size: int, tag: int) -> Bytes:
        """The state or request whose first message, of ``size`` bytes, has come with ``tag``."""
        message = self._inbox.reserve(size)
        self._comm.Recv([message, self._mpi.BYTE], 0, tag)
        if tag != Tag.REQUEST:
            return message
        _, size = HEADER.unpack_from(message.data)
        head = message.copy()
        whole = self._inbox.reserve(HEADER.size + size)
        whole[: head.size] = head
        for start in range(head.size, whole.size, EAGER_BYTES):
            self._comm.Recv([whole[start : start + EAGER_BYTES], self._mpi.BYTE], 0, tag)
        return whole

    def load(self, state: Bytes) -> None:
        """Has the service take a state."""
        if self._service is not None:
            try:
                self._service.load(state)
                self._failure = ""
            except BaseException as error:  # rank 0 must hear of it, whatever it is
                self._failure = describe(error)

    def answer(
        self,
        message: Bytes,
        working: contextlib.AbstractContextManager[None],
        is_wanted: Callable[[], bool],
    ) -> None:
        """Answers one request, or says why not.

        Args:
            message: Of Tag.REQUEST.
            working: Entered while the service computes.
            is_wanted: Whether rank 0 has sent nothing since that this rank should rather do.
        """
        number, _ = HEADER.unpack_from(message.data)
        started = time.perf_counter()
        with working:
            kind, found = self._found(message[HEADER.size :], is_wanted)
        seconds = time.perf_counter() - started
        self.busy_seconds += seconds
        reply = np.empty(REPLY.size + found.size, np.uint8)
        REPLY.pack_into(reply.data, 0, number, kind, seconds)
        reply[REPLY.size :] = found
        self._send(reply)

    def _send(self, reply: Bytes) -> None:
        """Sends a reply; a large one is under way until rank 0 has it, or sends something itself.

        Most MPI libraries move it only while both sides are inside MPI calls: were this rank to
        simulate meanwhile, rank 0 would be stuck in receiving.
        """
        self._sending = [(request, kept) for request, kept in self._sending if not request.Test()]
        request = self._comm.Isend([reply, self._mpi.BYTE], 0, Tag.REPLY)
        self._sending.append((request, reply))
        if reply.size > EAGER_BYTES:
            wait_until(
                lambda: request.Test() or self._comm.Iprobe(0, self._mpi.ANY_TAG),
                _SEND_POLL_SECONDS,
            )

    def _found(self, request: Bytes, is_wanted: Callable[[], bool]) -> tuple[Reply, Bytes]:
        failure = self._failure
        if self._service is not None and not failure:
            try:
                return Reply.ANSWER, self._service(request, is_wanted)
            except NotWantedError:
                return Reply.NOT_WANTED, np.empty(0, np.uint8)
            except BaseException as error:  # rank 0 must hear of it, whatever it is
                failure = describe(error)
        return Reply.REFUSED, np.frombuffer(failure.encode(), np.uint8)

    def close(self) -> None:
        """Waits until rank 0 has all replies."""
        for request, _ in self._sending:
            wait_until(request.Test, _SEND_POLL_SECONDS)
