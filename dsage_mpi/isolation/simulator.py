"""The farm-facing side: batches of tasks through a child that may die at any of them."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from dsage_mpi.core.domain import Array, SimulatorLostError, TasksFailedError
from dsage_mpi.isolation.factory import Factory
from dsage_mpi.isolation.frames import Frame, Kind, pack, pack_arrays, unpack_arrays
from dsage_mpi.isolation.process import Child, ChildError
from dsage_mpi.isolation.stderr_tail import without_varying
from dsage_mpi.isolation.timeout import SLICE_SECONDS

logger = logging.getLogger(__name__)

#: A child that cannot start may find memory or a file server again: pauses before further tries.
_START_PAUSES = (0.0, 1.0, 5.0)
#: In place of an empty text from the child.
_NO_REASON = "the simulator failed without a word"


class Contained(Protocol):
    """What a factory returns in the child: runs one task at a time.

    Further methods can be called through ``IsolatedSimulator.call``; they take arrays and return
    a dict of arrays.
    """

    task_dtype: np.dtype[Any]
    result_dtype: np.dtype[Any]

    def __call__(self, tasks: Array) -> Array:
        """Simulates one task ((1,) of ``task_dtype``); returns (1,) of ``result_dtype``."""
        ...


class IsolatedSimulator:
    """Runs a simulator in a child process (contract: ``core/domain.py``, ``Simulator``).

    The child is started by the first task. Whatever goes wrong with a task ends the child; the
    task is then tried once more in a fresh one, and after that reported as failed. Where the
    simulator itself says that a task failed (``TasksFailedError``), that holds, and it goes on.

    Args:
        factory: Builds the simulator (``Contained``) in the child.
        task_dtype: Of the tasks.
        result_dtype: Of the results.
        deadline_seconds: Time that one task may take, if the machine has time for it
            (``timeout.py``).
        start_seconds: Time that the child may take to build the simulator.
        tries: How often a task is tried in all.
    """

    def __init__(
        self,
        factory: Factory,
        task_dtype: np.dtype[Any],
        result_dtype: np.dtype[Any],
        *,
        deadline_seconds: float,
        start_seconds: float = 120.0,
        tries: int = 2,
    ) -> None:
        self._factory = factory
        self._task_dtype = np.dtype(task_dtype)
        self._result_dtype = np.dtype(result_dtype)
        self._deadline = deadline_seconds
        self._start_seconds = start_seconds
        self._tries = tries
        self._child: Child | None = None
        self._has_worked = False
        self._on_wait: Callable[[], None] = lambda: None
        self._why_not_started = ""
        #: How often a child had to be started, the first one included.
        self.starts = 0

    def __call__(self, tasks: Array) -> Array:
        """Simulates ``tasks`` ((n,) of the task dtype) one by one; returns (n,) results.

        Raises:
            TasksFailedError: Some failed; holds the results of the others.
            SimulatorLostError: The child cannot be started, or says that it can run no task.
        """
        results = np.zeros(len(tasks), self._result_dtype)
        reasons: dict[int, str] = {}
        first, tried = 0, 0
        while first < len(tasks):
            reached, failure = self._run(tasks, first, results, reasons)
            tried = 1 if reached > first else tried + 1
            first = reached
            if failure is not None and tried >= self._tries:
                reasons[first] = failure
                first, tried = first + 1, 0
        if reasons:
            raise TasksFailedError(results, reasons)
        return results

    def call_while_waiting(self, on_wait: Callable[[], None]) -> None:
        """See ``Simulator``: what ``on_wait`` raises ends the child and the wait for it."""
        self._on_wait = on_wait

    def call(self, method: str, **arrays: Array) -> dict[str, Array]:
        """Calls another method of the simulator in the child.

        Raises:
            RuntimeError: It failed; the message says how.
            SimulatorLostError: The child cannot be started.
        """
        child = self._ready_child()
        child.send(pack(Kind.CALL, pack_arrays({"method": np.array(method), **arrays})))
        try:
            frame = child.receive(self._deadline, self._on_wait)
            failure = self._check(frame, Kind.ANSWER)
        except ChildError as error:
            failure = _with_stderr_tail(error, child)
        except BaseException:
            self.close()
            raise
        if failure is not None:
            self.close()
            raise RuntimeError(failure)
        return unpack_arrays(frame.payload)

    @property
    def pid(self) -> int | None:
        """Process number of the child, if there is one now."""
        return self._child.pid if self._child is not None else None

    def close(self) -> None:
        """Ends the child; the next task would start another one."""
        if self._child is not None:
            self._child.end()
            self._child = None

    def __enter__(self) -> IsolatedSimulator:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _run(
        self, tasks: Array, first: int, results: Array, reasons: dict[int, str]
    ) -> tuple[int, str | None]:
        """Runs tasks from ``first`` on, up to the one at which the child ends.

        Returns:
            The position of that one, and what went wrong with it (None: nothing, all are done).
        """
        child = self._ready_child()
        at = first
        try:
            child.send(b"".join(pack(Kind.TASK, task.tobytes()) for task in tasks[first:]))
            for at in range(first, len(tasks)):
                frame = child.receive(self._deadline, self._on_wait)
                if frame.kind is Kind.LOST:
                    raise SimulatorLostError(_text(frame))
                if frame.kind is Kind.TASK_FAILED:
                    reasons[at] = _text(frame)
                    continue
                failure = self._check(frame, Kind.RESULT)
                if failure is not None:
                    self.close()
                    return at, failure
                results[at] = np.frombuffer(frame.payload, self._result_dtype)[0]
        except ChildError as error:
            failure = _with_stderr_tail(error, child)
            self.close()
            return at, failure
        except BaseException:
            # Ctrl-C, on_wait: late answers must not be taken for those of later tasks.
            self.close()
            raise
        return len(tasks), None

    def _check(self, frame: Frame, expected: Kind) -> str | None:
        """What is wrong with an answer, if anything is."""
        if frame.kind is Kind.FAILED:
            return without_varying(_text(frame)) or _NO_REASON
        size = len(frame.payload)
        if frame.kind is not expected or (
            expected is Kind.RESULT and size != self._result_dtype.itemsize
        ):
            raise ChildError(f"its answer was garbage: {frame.kind.name} of {size} bytes")
        return None

    def _ready_child(self) -> Child:
        """The child, started if need be."""
        if self._child is not None and self._child.is_gone:
            self.close()  # while it had nothing to do: no task has anything to do with that
        for pause in _START_PAUSES:
            if self._child is not None:
                break
            self._pause(pause)
            self._start()
        if self._child is None:
            raise SimulatorLostError(self._why_not_started)
        self._has_worked = True
        return self._child

    def _pause(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            time.sleep(min(left, SLICE_SECONDS))
            self._on_wait()

    def _start(self) -> None:
        """Starts a child, or sets ``_why_not_started``.

        Raises:
            SimulatorLostError: There is no use in trying again.
        """
        self.starts += 1
        try:
            self._child = Child(self._factory)
        except OSError as error:
            self._why_not_started = f"the simulator's process cannot be started: {error}"
            return
        logger.debug("started process %d for %s", self._child.pid, self._factory.path)
        try:
            frame = self._child.receive(self._start_seconds, self._on_wait)
            failure = self._check(frame, Kind.READY) or self._compare_sizes(frame)
            if not failure:
                return
            if not self._has_worked:  # it says itself what it lacks
                raise SimulatorLostError(failure)
        except ChildError as error:
            failure = _with_stderr_tail(error, self._child)
        except BaseException:
            self.close()
            raise
        self.close()
        self._why_not_started = failure

    def _compare_sizes(self, frame: Frame) -> str:
        expected = {"task": self._task_dtype.itemsize, "result": self._result_dtype.itemsize}
        found = json.loads(frame.payload)
        if found == expected:
            return ""
        return f"{self._factory.path} has records of {found} bytes, expected {expected}"


def _text(frame: Frame) -> str:
    return frame.payload.decode(errors="replace")


def _with_stderr_tail(error: ChildError, child: Child) -> str:
    """How a child failed, in words that are the same whenever the same happens."""
    output = child.stderr_tail()
    return f"the simulator's process failed: {error}" + (
        f"; its last output:\n{output}" if output else ""
    )
