"""The manager: deals tasks out to the worker ranks and puts their results in task order."""

from __future__ import annotations

import atexit
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dsage_mpi.farm.account import Chunk, EvaluationAccount
from dsage_mpi.farm.backoff import wait_until
from dsage_mpi.farm.compute import RankPool
from dsage_mpi.farm.duplicates import Duplicates
from dsage_mpi.farm.evaluation import PolledEvaluation
from dsage_mpi.farm.exchange import ChunkExchange
from dsage_mpi.farm.interface import (
    FarmError,
    OnProgress,
    OnResults,
    RunningEvaluation,
    check_tasks,
)
from dsage_mpi.farm.job import Answer, Job, Sent
from dsage_mpi.farm.liveness import LivenessMonitor
from dsage_mpi.farm.messages import (
    LOST,
    ResultMessage,
    Tag,
    as_rows,
    most_tasks,
)
from dsage_mpi.farm.outcome import Ledger, Outcome, RankStats
from dsage_mpi.farm.priority import give_way_to_root
from dsage_mpi.farm.roster import Roster
from dsage_mpi.farm.scheduling import Pace, plan
from dsage_mpi.farm.settings import FarmSettings

if TYPE_CHECKING:
    from dsage_mpi.farm.launch import World


class MpiFarm:
    """Rank 0's side of the farm; every other rank is in ``serve``."""

    def __init__(
        self,
        world: World,
        task_dtype: np.dtype[Any],
        result_dtype: np.dtype[Any],
        settings: FarmSettings,
        on_wait: Callable[[], None] = lambda: None,
    ) -> None:
        self.workers = world.size - 1
        self._world = world
        self._comm = world.duplicate(on_wait)
        give_way_to_root(self._comm)
        self._task_dtype = task_dtype
        self._result_dtype = result_dtype
        self._settings = settings
        self._pace = Pace()
        self._texts: dict[str, str] = {}
        self._exchange = ChunkExchange(self._comm, range(1, world.size))
        self.compute: RankPool | None = None
        self._final: list[RankStats] | None = None
        self._duplicates = Duplicates()
        self._open(on_wait)

    def evaluate(
        self,
        tasks: NDArray[Any],
        cost: NDArray[Any] | None = None,
        on_progress: OnProgress | None = None,
        on_results: OnResults | None = None,
    ) -> Outcome:
        """See ``Farm.evaluate``."""
        return self.begin(tasks, cost, on_results).finish(on_progress)

    def begin(
        self,
        tasks: NDArray[Any],
        cost: NDArray[Any] | None = None,
        on_results: OnResults | None = None,
    ) -> RunningEvaluation:
        """See ``Farm.begin``."""
        if self._final is not None:
            raise FarmError("the farm is closed")
        job = self._job(check_tasks(tasks, self._task_dtype), cost, on_results)
        self._feed_all(job)
        longest_sleep = self._settings.poll_max_ms * 1e-3
        return PolledEvaluation(lambda: self._advance(job), job.account, longest_sleep)

    def _advance(self, job: Job) -> bool:
        """Takes in an answer if there is one; whether there was."""
        if self.compute is not None:
            self.compute.receive_late()
        heard = self._exchange.has_answer()
        if heard:
            self._react(self._receive(), job)
        if self._liveness.due:
            self._look_after(job)
        return heard

    @property
    def idle(self) -> bool:
        """See ``Farm.idle``."""
        return self._exchange.idle

    def call_all(self, name: str, argument: Any = None) -> Any:
        """See ``Farm.call_all``."""
        if self._final is not None:
            raise FarmError("the farm is closed")
        for rank in self._exchange.sent_to:
            self._comm.send((name, argument), dest=rank, tag=Tag.CALL)
        return self._comm

    def stats(self) -> list[RankStats]:
        """See ``Farm.stats``; once closed, the workers' own accounts."""
        return self._final or self._ledger.totals(time.perf_counter())

    def lap(self) -> list[RankStats]:
        """See ``Farm.lap``."""
        return self._ledger.lap(time.perf_counter())

    def close(self, timeout: float | None = None, abort_code: int = 1) -> None:
        """See ``Farm.close``; aborts the job if a worker does not answer for too long."""
        if self._final is None:
            seconds = self._settings.close_seconds if timeout is None else timeout
            self._final = self._stop(seconds, abort_code)

    def __enter__(self) -> MpiFarm:
        return self

    def __exit__(self, *exception: object) -> None:
        # Ctrl-C that gets so far ends the job at once: no rank is waited for, the hook of
        # ``install_excepthook`` aborts them all.
        if not any(isinstance(entry, KeyboardInterrupt) for entry in exception):
            self.close()

    # Start and end

    def _open(self, on_wait: Callable[[], None]) -> None:
        """Waits for every worker's simulator."""
        greetings = {rank: self._hear(rank, Tag.READY, on_wait) for rank in self._exchange.sent_to}
        self._roster = Roster({rank: hello["host"] for rank, hello in greetings.items()})
        self._ledger = Ledger(self._roster.hosts, time.perf_counter())
        beating = [rank for rank, hello in greetings.items() if hello["beats"]]
        self._liveness = LivenessMonitor(
            self._comm, self._roster, beating, self._settings.silent_seconds
        )
        failures = {r: h["failure"] for r, h in greetings.items() if h["failure"] is not None}
        if failures:
            self.close()
            raise FarmError(
                f"{self._roster.name(failures)} could not build its simulator:\n"
                f"{next(iter(failures.values()))}"
            )
        if self._settings.compute == "ranks":
            self.compute = RankPool(self._comm, self._exchange, self._roster, self._ledger)
        # Leaving the program without close() would leave all workers waiting for ever.
        atexit.register(self.close)

    def _stop(self, timeout: float, abort_code: int) -> list[RankStats]:
        atexit.unregister(self.close)
        for rank, count in self._exchange.sent_to.items():
            extra = 0 if self.compute is None else self.compute.sent_to[rank]
            self._comm.send(count + extra, dest=rank, tag=Tag.STOP)
        deadline = time.perf_counter() + timeout
        stats = [self._goodbye(rank, deadline, abort_code) for rank in self._exchange.sent_to]
        self._exchange.end()
        if self.compute is not None:
            self.compute.end()
        self._comm.Free()
        for theirs, mine in zip(stats, self._ledger.totals(time.perf_counter()), strict=True):
            answers = mine.tasks + self._duplicates.wasted[mine.rank]
            if theirs.tasks != answers:
                raise FarmError(
                    f"rank {mine.rank} ran {theirs.tasks} tasks, but rank 0 has {answers} of its "
                    "answers"
                )
        return stats

    def _goodbye(self, rank: int, deadline: float, abort_code: int) -> RankStats:
        """A worker's final message; takes in what it still sends before."""

        def said() -> bool:
            self._receive_late()
            return bool(self._comm.Iprobe(rank, Tag.BYE))

        if not wait_until(said, 1e-3, limit=deadline - time.perf_counter()):
            state = "sends no heartbeat" if rank in self._roster.silent else "is still simulating"
            print(
                f"[rank 0] {self._roster.name([rank])} {state} when the time to close the farm is "
                "over (farm.close_seconds, or the seconds that a stop has): aborting all ranks",
                file=sys.stderr,
            )
            self._world.abort(abort_code)
        self._receive_late()  # what came just before the good-bye
        return RankStats(**self._comm.recv(source=rank, tag=Tag.BYE))

    def _receive_late(self) -> None:
        while self._exchange.has_answer():
            self._receive()
        if self.compute is not None:
            self.compute.receive_late()
        self._liveness.receive()

    def _hear(self, rank: int, tag: Tag, on_wait: Callable[[], None]) -> Any:
        wait_until(lambda: bool(self._comm.Iprobe(rank, tag)), 2e-3, on_wait=on_wait)
        return self._comm.recv(source=rank, tag=tag)

    # Tasks out, results in

    def _job(
        self,
        tasks: NDArray[Any],
        cost: NDArray[Any] | None,
        on_results: OnResults | None,
    ) -> Job:
        seats = self._roster.seats()
        most = most_tasks(self._task_dtype, self._result_dtype)
        return Job(
            chunks=plan(len(tasks), len(seats), most, self._settings, self._pace, cost),
            rows=as_rows(tasks),
            account=EvaluationAccount(len(tasks), self._result_dtype, on_results, self._texts),
            seats=seats,
        )

    def _react(self, answer: Answer, job: Job) -> None:
        """Learns from an answer and sends more."""
        sent, ours = answer.sent, answer.sent.account is job.account
        if answer.lost:
            self._roster.retire(sent.rank, answer.lost)
            self._withdraw(sent.rank, [sent], job)
            self._feed_all(job)  # they may have been idle
            return
        if ours:
            job.chunks.finished(sent.indices, answer.seconds)
        self._feed(sent.rank, job)

    def _withdraw(self, rank: int, chunks: list[Sent], job: Job) -> None:
        """Others are to have the tasks of these chunks, and all that only this rank would get."""
        if rank not in job.seats:
            return
        job.chunks.withdraw(job.seats[rank], np.zeros(0, np.intp))
        for sent in chunks:
            if sent.account is job.account and self._duplicates.allow_reassignment(sent):
                job.chunks.withdraw(job.seats[rank], sent.indices)

    def _look_after(self, job: Job) -> None:
        """Reassigns the tasks of ranks that timed out, and feeds those that are back."""
        for rank in self._liveness.look(self._exchange.waiting):
            self._withdraw(rank, self._exchange.held_by(rank), job)
        self._feed_all(job)

    def _feed_all(self, job: Job) -> None:
        """First something for everybody, only then something to prefetch."""
        for held in range(1 + self._settings.prefetch):
            for rank in job.seats:
                if self._exchange.waiting[rank] <= held:
                    self._send(rank, job)

    def _feed(self, rank: int, job: Job) -> None:
        while self._exchange.waiting[rank] <= self._settings.prefetch:
            if not self._send(rank, job):
                return

    def _send(self, rank: int, job: Job) -> bool:
        """Sends a worker its next chunk, if there is one for it."""
        if rank not in job.seats or not self._roster.works(rank):  # silent at its start, or now
            return False
        indices = job.chunks.next(job.seats[rank], self._exchange.waiting[rank])
        if indices is None:
            return False
        if not self._exchange.waiting[rank]:
            self._liveness.owes(rank)
        self._exchange.send(rank, job, indices)
        return True

    def _receive(self) -> Answer:
        """Takes in and books the results that have come."""
        sent, result, reasons = self._exchange.receive()
        self._liveness.heard(sent.rank)
        if LOST not in reasons:
            self._book(sent, result, reasons)
        else:
            self._ledger.add(sent.rank, 0, 0, result.busy_seconds)
        return Answer(sent, result.busy_seconds, reasons.get(LOST, ""))

    def _book(self, sent: Sent, result: ResultMessage, reasons: dict[int, str]) -> None:
        results = result.results.reshape(-1).view(self._result_dtype)
        chunk = Chunk(sent.indices, results, result.failed, result.seconds, reasons)
        news = self._duplicates.new_results(sent, chunk)
        self._ledger.add(sent.rank, len(news.indices), len(news.reasons), result.busy_seconds)
        if len(news.indices):
            sent.account.book(news, sent.rank)
