"""A worker rank: waits for tasks, simulates them, answers, until rank 0 closes the farm."""

from __future__ import annotations

import contextlib
import platform
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from dsage_mpi.farm.backoff import wait_until
from dsage_mpi.farm.desk import ServiceDesk
from dsage_mpi.farm.heartbeat import Heartbeat
from dsage_mpi.farm.messages import (
    LOST,
    Buffer,
    Tag,
    pack_reasons,
    pack_results,
    pieces,
    unpack_tasks,
)
from dsage_mpi.farm.outcome import RankStats
from dsage_mpi.farm.priority import give_way_to_root
from dsage_mpi.farm.runner import Runner, describe
from dsage_mpi.farm.settings import FarmSettings

if TYPE_CHECKING:
    from dsage_mpi.core.computing import Service
    from dsage_mpi.core.domain import Simulator
    from dsage_mpi.farm.launch import World

#: A handler of ``Farm.call_all``.
Call = Callable[[Any, Any], None]

#: Longest sleep while an answer is under way; rank 0 is awake then.
_SEND_POLL_SECONDS = 200e-6
#: Heartbeats within the time after which rank 0 counts this rank as lost.
_BEATS = 6
_LONGEST_BEAT_SECONDS = 10.0


@dataclass(frozen=True)
class Duties:
    """What a worker does for rank 0 besides simulating.

    Attributes:
        calls: Handlers of ``Farm.call_all`` by name. One gets a communicator of all ranks and the
            argument; it must come to its end together with rank 0, whatever goes wrong.
        service: What this rank computes for ``Farm.compute``.
    """

    calls: Mapping[str, Call] = field(default_factory=dict)
    service: Service | None = None


_NO_DUTIES = Duties()


def serve(
    world: World,
    make_simulator: Callable[[], Simulator],
    task_dtype: np.dtype[Any],
    result_dtype: np.dtype[Any],
    settings: FarmSettings,
    duties: Duties = _NO_DUTIES,
) -> None:
    """Simulates what rank 0 sends until it closes the farm; called on every rank but 0.

    If ``make_simulator`` fails here, rank 0 is told why and stops all ranks in good order.
    Ctrl-C is left to rank 0 meanwhile.

    Args:
        world: All ranks; rank 0 calls ``open_farm`` at the same time.
        make_simulator: Builds this rank's simulator.
        task_dtype: As on rank 0.
        result_dtype: As on rank 0.
        settings: As on rank 0.
        duties: What else this rank does.
    """
    comm = world.duplicate()
    give_way_to_root(comm)
    with _interrupts_ignored():
        dtypes = np.dtype(task_dtype), np.dtype(result_dtype)
        worker = _Worker(comm, *dtypes, settings, duties.calls)
        worker.desk = ServiceDesk(comm, duties.service)
        worker.run(make_simulator)
    comm.Free()


@contextlib.contextmanager
def _interrupts_ignored() -> Iterator[None]:
    """A terminal sends Ctrl-C to every rank: rank 0 alone decides what to do about it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)


class _Worker:
    def __init__(
        self,
        comm: Any,
        task_dtype: np.dtype[Any],
        result_dtype: np.dtype[Any],
        settings: FarmSettings,
        calls: Mapping[str, Call],
    ) -> None:
        from mpi4py import MPI

        self._mpi = MPI
        self._comm = comm
        self._task_dtype = task_dtype
        self._result_dtype = result_dtype
        self._settings = settings
        self._calls = calls
        self._status = MPI.Status()
        self._inbox, self._outbox = Buffer(), Buffer()
        self._received = 0
        self._tasks = self._failures = self._batches = 0
        self._busy_seconds = 0.0
        self._alive: Any = MPI.REQUEST_NULL
        self.desk = ServiceDesk(comm, None)

    def run(self, make_simulator: Callable[[], Simulator]) -> None:
        """Builds the simulator, then answers messages until STOP."""
        runner, failure = self._build(make_simulator)
        beats = self._mpi.Query_thread() >= self._mpi.THREAD_SERIALIZED
        hello = {"host": platform.node(), "failure": failure, "beats": beats}
        self._comm.send(hello, dest=0, tag=Tag.READY)
        ready = time.perf_counter()
        if runner is not None:
            self._work(runner, beats)
            runner.close()
        self._discard_until_stop()
        self.desk.close()
        self._say_goodbye(time.perf_counter() - ready)

    def _work(self, runner: Runner, beats: bool) -> None:
        """Answers messages until STOP comes, with heartbeats if MPI allows for them."""
        seconds = min(_LONGEST_BEAT_SECONDS, self._settings.silent_seconds / _BEATS)
        heart = Heartbeat(self._beat, seconds) if beats else None
        while (tag := self._next_message()) != Tag.STOP:
            if tag == Tag.CALL:
                self._join_call()
            elif tag == Tag.STATE:
                self.desk.load(self._receive(tag))
            elif tag == Tag.REQUEST:
                self._serve_request(heart)
            else:
                self._answer(runner, heart)
        if heart is not None:
            heart.close()
            wait_until(self._alive.Test, _SEND_POLL_SECONDS)

    def _beat(self) -> None:
        if self._alive.Test():
            self._alive = self._comm.Isend([b"", self._mpi.BYTE], 0, Tag.ALIVE)

    def _build(self, make_simulator: Callable[[], Simulator]) -> tuple[Runner | None, str | None]:
        try:
            simulator = make_simulator()
        except BaseException as error:  # rank 0 must hear of it, whatever it is
            return None, describe(error)
        return Runner(simulator, self._result_dtype, retries=self._settings.retries), None

    def _next_message(self) -> int:
        """Waits for a message; STOP goes first, so that an interrupted farm closes soon."""
        if not self._comm.Iprobe(0, Tag.STOP, self._status):
            self._wait_for(self._mpi.ANY_TAG)
        return int(self._status.Get_tag())

    def _wait_for(self, tag: int) -> None:
        wait_until(
            lambda: bool(self._comm.Iprobe(0, tag, self._status)),
            self._settings.idle_poll_max_ms * 1e-3,
        )

    def _receive_tasks(self) -> Any:
        message = self._inbox.reserve(self._status.Get_count(self._mpi.BYTE))
        self._comm.Recv([message, self._mpi.BYTE], 0, Tag.TASKS)
        self._received += 1
        return message

    def _receive(self, tag: int) -> Any:
        self._received += 1
        return self.desk.receive(self._status.Get_count(self._mpi.BYTE), tag)

    def _answer(self, runner: Runner, heart: Heartbeat | None) -> None:
        """Simulates one chunk and sends the results."""
        chunk, tasks = unpack_tasks(self._receive_tasks(), self._task_dtype)
        started = time.perf_counter()
        with heart.simulating() if heart is not None else contextlib.nullcontext():
            batch = runner.run(tasks)
        busy = time.perf_counter() - started
        if not batch.lost:  # or another rank will simulate them
            self._tasks += len(tasks)
            self._failures += int(batch.failed.sum())
        self._batches += 1
        self._busy_seconds += busy
        reasons = pack_reasons({LOST: batch.lost} if batch.lost else batch.reasons)
        message = pack_results(self._outbox, chunk, batch, reasons, busy)
        requests = [self._comm.Isend([message, self._mpi.BYTE], 0, Tag.RESULTS)]
        for piece in pieces(reasons):
            requests.append(self._comm.Isend([piece, self._mpi.BYTE], 0, Tag.REASONS))
        # Most MPI libraries move large messages only while both sides are inside MPI calls: were
        # this rank to simulate on at once, rank 0 would be stuck in receiving.
        for request in requests:
            wait_until(request.Test, _SEND_POLL_SECONDS)

    def _serve_request(self, heart: Heartbeat | None) -> None:
        """Answers one request, unless something more urgent comes meanwhile."""
        calling = contextlib.nullcontext if heart is None else heart.calling

        def is_wanted() -> bool:
            with calling():
                return not self._comm.Iprobe(0, self._mpi.ANY_TAG)

        working = contextlib.nullcontext() if heart is None else heart.simulating()
        self.desk.answer(self._receive(Tag.REQUEST), working, is_wanted)

    def _join_call(self) -> None:
        name, argument = self._comm.recv(source=0, tag=Tag.CALL)
        self._calls[name](self._comm, argument)

    def _discard_until_stop(self) -> None:
        """Takes in what nobody needs any more, so that rank 0's sends end."""
        self._wait_for(Tag.STOP)
        sent = self._comm.recv(source=0, tag=Tag.STOP)
        while self._received < sent:
            self._wait_for(self._mpi.ANY_TAG)
            if (tag := self._status.Get_tag()) == Tag.TASKS:
                self._receive_tasks()
            else:
                self._receive(tag)

    def _say_goodbye(self, lifetime: float) -> None:
        busy = self._busy_seconds + self.desk.busy_seconds
        stats = RankStats(
            rank=self._comm.Get_rank(),
            host=platform.node(),
            tasks=self._tasks,
            failures=self._failures,
            batches=self._batches,
            busy_seconds=busy,
            idle_seconds=max(0.0, lifetime - busy),
        )
        self._comm.send(asdict(stats), dest=0, tag=Tag.BYE)
