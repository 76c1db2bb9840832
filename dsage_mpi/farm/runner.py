"""Running a batch of tasks such that nothing a simulator does gets any further than its tasks."""

from __future__ import annotations

import contextlib
import os
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dsage_mpi.core.domain import SimulatorLostError, TasksFailedError

if TYPE_CHECKING:
    from dsage_mpi.core.domain import Simulator

#: A failure text longer than this keeps its beginning and its end.
REASON_CHARACTERS = 8000
#: In place of a text without a word.
NO_REASON = "no reason given"


class GarbageError(Exception):
    """A simulator's answer is not an array of the promised dtype and shape."""


@dataclass
class BatchResult:
    """Results of one batch, in the order of its tasks.

    Attributes:
        results: (n,) of the result dtype; zeros where the task failed.
        failed: (n,) bool.
        seconds: (n,) float64, share of each task in the time spent.
        reasons: Position in the batch -> failure text.
        lost: Why this rank cannot simulate any more (``SimulatorLostError``); empty if it can. No
            task is done then, and none has failed.
    """

    results: NDArray[Any]
    failed: NDArray[np.bool_]
    seconds: NDArray[np.float64]
    reasons: dict[int, str] = field(default_factory=dict)
    lost: str = ""


class Runner:
    """Calls a simulator on behalf of a rank."""

    def __init__(
        self,
        simulator: Simulator,
        result_dtype: np.dtype[Any],
        *,
        retries: int = 0,
        interruptible: bool = False,
    ) -> None:
        """Keeps what all batches have in common.

        Args:
            simulator: What may raise or answer nonsense.
            result_dtype: What it must answer with.
            retries: Further tries, alone, of a task that failed.
            interruptible: Let KeyboardInterrupt through (a process of its own that a user stops
                with Ctrl-C) instead of taking it for a failure of the task; likewise what
                ``on_wait`` of ``run`` raises.
        """
        self._simulator = simulator
        self._dtype = result_dtype
        self._retries = retries
        self._interruptible = interruptible
        self._lost = ""
        self._folder = ""
        with contextlib.suppress(OSError):
            self._folder = os.getcwd()
        self._on_wait: Callable[[], None] | None = None
        self._raised_by_wait: BaseException | None = None
        call_while_waiting = getattr(simulator, "call_while_waiting", None)
        if interruptible and call_while_waiting is not None:
            call_while_waiting(self._wait)

    def run(self, tasks: NDArray[Any], on_wait: Callable[[], None] | None = None) -> BatchResult:
        """Simulates ``tasks`` ((n,) of the task dtype) together.

        If that fails, they run one by one, so that only the guilty ones are recorded as failed
        (unless the simulator says which they are: ``TasksFailedError``).

        Args:
            tasks: What to simulate.
            on_wait: Called now and then while the simulator waits, if it can do that; what this
                raises is raised here.
        """
        self._on_wait = on_wait
        try:
            return self._run_all(tasks)
        finally:
            self._on_wait = self._raised_by_wait = None

    def _wait(self) -> None:
        try:
            if self._on_wait is not None:
                self._on_wait()
        except BaseException as error:
            self._raised_by_wait = error
            raise

    def _run_all(self, tasks: NDArray[Any]) -> BatchResult:
        count = len(tasks)
        batch = BatchResult(
            results=np.zeros(count, self._dtype),
            failed=np.zeros(count, bool),
            seconds=np.zeros(count, np.float64),
        )
        if not self._lost:  # finding that out again may take minutes
            try:
                self._run(tasks, batch)
            except SimulatorLostError as error:
                self._lost = _worded(str(error))
                batch.reasons.clear()
        batch.lost = self._lost
        batch.failed[list(batch.reasons)] = True
        return batch

    def close(self) -> None:
        """Closes the simulator, if it can be closed."""
        close = getattr(self._simulator, "close", None)
        if close is not None:
            close()

    def _run(self, tasks: NDArray[Any], batch: BatchResult) -> None:
        blame_known = self._attempt(tasks, batch, 0)
        tries = self._retries if blame_known else 1 + self._retries
        for position in sorted(batch.reasons):
            for _ in range(tries):
                self._attempt(tasks[position : position + 1], batch, position)
                if position not in batch.reasons:
                    break

    def _attempt(self, tasks: NDArray[Any], batch: BatchResult, first: int) -> bool:
        """Runs ``tasks`` in one call and books them in ``batch`` from position ``first`` on.

        Returns:
            Whether the failures are those of the tasks that they are booked on.
        """
        positions = range(first, first + len(tasks))
        here = slice(positions.start, positions.stop)
        for position in positions:
            batch.reasons.pop(position, None)
        started = time.perf_counter()
        answer, failures = self._call(tasks)
        batch.seconds[here] += (time.perf_counter() - started) / len(tasks)
        if answer is None:
            batch.results[here] = np.zeros(len(tasks), self._dtype)
            batch.reasons.update(dict.fromkeys(positions, failures[0]))
            return len(tasks) == 1
        batch.results[here] = answer
        for position, reason in (non_finite(answer) | failures).items():
            batch.results[first + position] = np.zeros((), self._dtype)
            batch.reasons[first + position] = reason
        return True

    def _call(self, tasks: NDArray[Any]) -> tuple[NDArray[Any] | None, dict[int, str]]:
        """The simulator's checked answer and its failures; None and one text if all is lost."""
        try:
            return self._answer(tasks)
        except BaseException as error:
            return None, {0: self._failure(error)}
        finally:
            self._go_back()

    def _go_back(self) -> None:
        """Leaves the folder that the simulator went to: the run's paths are relative to ours."""
        with contextlib.suppress(OSError):
            os.chdir(self._folder)

    def _failure(self, error: BaseException) -> str:
        """What the simulator's exception says of its tasks; raises it if it is not about them."""
        if self._raised_by_wait is not None:
            raise self._raised_by_wait
        if isinstance(error, SimulatorLostError):
            raise error
        if isinstance(error, KeyboardInterrupt) and self._interruptible:
            raise error
        if isinstance(error, GarbageError):
            return f"garbage: {error}"
        return describe(error)  # SystemExit too: a simulator must not end its rank

    def _answer(self, tasks: NDArray[Any]) -> tuple[NDArray[Any], dict[int, str]]:
        reasons: dict[int, str] = {}
        try:
            # A copy: aligned, writable, and what the simulator does to it stays there.
            answer = self._simulator(tasks.copy())
        except TasksFailedError as failures:
            answer = failures.results
            reasons = {int(where): _worded(text) for where, text in failures.reasons.items()}
        _check(answer, len(tasks), self._dtype)
        strange = sorted(set(reasons) - set(range(len(tasks))))
        if strange:
            raise GarbageError(
                f"the simulator blames task {strange[0]} of {len(tasks)} (counted from 0)"
            )
        return answer, reasons


def _check(answer: object, count: int, result_dtype: np.dtype[Any]) -> None:
    if not isinstance(answer, np.ndarray):
        raise GarbageError(
            f"the simulator returned {type(answer).__name__}, expected a NumPy array of shape "
            f"({count},) and dtype {result_dtype}"
        )
    if answer.dtype != result_dtype or answer.shape != (count,):
        raise GarbageError(
            f"the simulator returned an array of shape {answer.shape} and dtype {answer.dtype}, "
            f"expected shape ({count},) and dtype {result_dtype}"
        )


def non_finite(results: NDArray[Any]) -> dict[int, str]:
    """Position -> reason, for results with a NaN or infinite value in any float field."""
    reasons: dict[int, str] = {}
    for name, values in float_fields(results):
        flat = values.reshape(len(results), -1)
        finite = np.isfinite(flat)
        if finite.all():
            continue
        for position in np.flatnonzero(~finite.all(axis=1)):
            bad = flat[position][~finite[position]]
            reasons.setdefault(
                int(position),
                f"the simulator's result has a non-finite value: field '{name}' holds {bad[0]} "
                f"({bad.size} of {flat.shape[1]} values)",
            )
    return reasons


def float_fields(results: NDArray[Any], prefix: str = "") -> Iterator[tuple[str, NDArray[Any]]]:
    """(dotted name, (n, ...) values) of every real or complex float field, nested ones too."""
    if results.dtype.names is None:
        if results.dtype.kind in "fc":
            yield prefix or "(value)", results
        return
    for name in results.dtype.names:
        yield from float_fields(results[name], f"{prefix}.{name}" if prefix else name)


def describe(error: BaseException) -> str:
    """Traceback text without the farm's own frames, cut to a bounded length."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next
    return cut("".join(traceback.format_exception(type(error), error, trace)))


def _worded(text: str) -> str:
    """A simulator's text as readers of the record can expect it: neither empty nor endless."""
    return cut(text) if text.strip() else NO_REASON


def cut(text: str) -> str:
    """``text``, or its beginning and its end if it is very long."""
    if len(text) <= REASON_CHARACTERS:
        return text
    half = REASON_CHARACTERS // 2
    return f"{text[:half]}\n... {len(text) - 2 * half} characters left out ...\n{text[-half:]}"
