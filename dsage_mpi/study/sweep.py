"""Makes the runs of a study on this machine: one after another, or several at once."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from types import FrameType

from dsage_mpi.core import exit_codes
from dsage_mpi.core.durations import seconds_text
from dsage_mpi.rundir.run_directory import RunDirectory, RunDirectoryError
from dsage_mpi.rundir.status import DONE, RUNNING, read_status
from dsage_mpi.study.launch import LaunchProblem, start
from dsage_mpi.study.placement import Placement
from dsage_mpi.study.plan import PlannedRun
from dsage_mpi.study.states import state_of

#: Seconds between two looks at a run that another program works on.
_LOOK_SECONDS = 1.0
_TAIL_LINES = 5


class Sweep:
    """Works through runs until all are done, failed, or somebody wants it to stop.

    Args:
        runs: What is to be made, in order.
        placement: How.
        say: Gets one line per event.
    """

    def __init__(
        self, runs: Sequence[PlannedRun], placement: Placement, say: Callable[[str], None]
    ) -> None:
        self._waiting: queue.SimpleQueue[PlannedRun] = queue.SimpleQueue()
        for run in runs:
            self._waiting.put(run)
        self._placement, self._say = placement, say
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._children: set[subprocess.Popen[bytes]] = set()
        self._codes: list[int] = []

    def work(self) -> int:
        """Makes the runs; returns the exit code of the whole.

        A signal stops the runs that are under way, resumable, and starts no more.
        """
        workers = [
            threading.Thread(target=self._work, args=(self._placement.cores_of(job),))
            for job in range(self._placement.jobs)
        ]
        with self._signals_stop_it():
            for worker in workers:
                worker.start()
            for worker in workers:
                while worker.is_alive():  # in pieces, so that signals are heard
                    worker.join(0.2)
        if self._stopping.is_set() or exit_codes.RESUMABLE in self._codes:
            return exit_codes.RESUMABLE
        return exit_codes.FAILED if any(self._codes) else exit_codes.DONE

    def _work(self, cores: tuple[int, ...] | None) -> None:
        if cores is not None:
            os.sched_setaffinity(0, cores)  # of this thread and the programs that it starts
        while not self._stopping.is_set():
            try:
                run = self._waiting.get_nowait()
            except queue.Empty:
                return
            try:
                self._codes.append(self._make(run))
            except (LaunchProblem, RunDirectoryError, OSError) as error:
                self._codes.append(exit_codes.FAILED)
                self._say(f"{run.name}: {error}")

    def _make(self, run: PlannedRun) -> int:
        state = state_of(run)
        if state == RUNNING:
            self._say(f"{run.name}: another program works on it; waiting for that")
        while state == RUNNING and not self._stopping.wait(_LOOK_SECONDS):
            state = state_of(run)
        if state == DONE:
            self._say(f"{run.name}: done by another program")
            return exit_codes.DONE
        output = run.path.parent / f"{run.path.name}.out"
        with self._lock:
            if self._stopping.is_set():
                return exit_codes.RESUMABLE
            began = time.monotonic()
            child = start(run, self._placement.ranks, output)
            self._children.add(child)
        code = child.wait()
        with self._lock:
            self._children.discard(child)
        self._say(_ending(run, code, time.monotonic() - began, output.name))
        return code if state_of(run) != DONE else exit_codes.DONE

    @contextlib.contextmanager
    def _signals_stop_it(self) -> Iterator[None]:
        before = {
            number: signal.signal(number, self._stop)
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1)
        }
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self._stopping.set()
        # Not under the lock, which the interrupted code may hold. SIGTERM stops a run resumable;
        # Ctrl-C of a terminal has reached it already.
        for child in tuple(self._children):
            if number != signal.SIGINT:
                with contextlib.suppress(ProcessLookupError):
                    child.terminate()


def _ending(run: PlannedRun, code: int, seconds: float, output: str) -> str:
    """One line on how a run ended."""
    facts = read_status(RunDirectory(run.path).status)
    took = seconds_text(seconds)
    if code == exit_codes.DONE:
        score = f"QD-score {facts['qd_score']:.6g}, " if "qd_score" in facts else ""
        return f"{run.name}: done, {score}{took}"
    if code == exit_codes.RESUMABLE:
        return f"{run.name}: stopped after {took}; the same sweep goes on with it"
    return f"{run.name}: failed (exit code {code}) after {took}: {_tail(run.path.parent / output)}"


def _tail(path: os.PathLike[str]) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            lines = [line.strip() for line in file if line.strip()]
    except OSError:
        return f"see {os.fspath(path)}"
    return "\n  ".join([f"the end of {os.fspath(path)}:", *lines[-_TAIL_LINES:]])
