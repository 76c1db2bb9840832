"""The farm as rank 0 sees it, whatever stands behind it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from dsage_mpi.core.computing import Compute
from dsage_mpi.farm.outcome import Outcome, RankStats

OnProgress = Callable[[int, int], None]
#: Task indices ((k,)), results ((k,)), and position among the k -> failure text.
OnResults = Callable[[NDArray[np.intp], NDArray[Any], dict[int, str]], None]

#: Seconds between two calls of a progress hook.
PROGRESS_SECONDS = 0.2


class FarmError(Exception):
    """The farm cannot work: a rank has no simulator, or the ranks' accounts disagree."""


class RunningEvaluation(Protocol):
    """What ``Evaluator.begin`` gives. A farm has one at a time."""

    def poll(self) -> None:
        """Takes in the results that have come and deals out more tasks; never waits for any.

        Ranks have nothing to do from the end of what they hold until the next call.
        """
        ...

    def finish(self, on_progress: OnProgress | None = None) -> Outcome:
        """Waits for what is missing and returns the results in task order; called once.

        Args:
            on_progress: Called now and then, and once at the end, with (tasks done, failed).
        """
        ...


class Evaluator(Protocol):
    """Runs simulator tasks."""

    def evaluate(
        self,
        tasks: NDArray[Any],
        cost: NDArray[Any] | None = None,
        on_progress: OnProgress | None = None,
        on_results: OnResults | None = None,
    ) -> Outcome:
        """Runs every task exactly once and returns the results in task order.

        If it is left by an exception (of ``on_progress``, or Ctrl-C), the farm can be used again:
        of late answers to the abandoned tasks only ``on_results`` hears.

        Args:
            tasks: (n,) of the task dtype.
            cost: (n,) predicted relative run times; decides the order of dispatch, no result.
            on_progress: Called now and then, and once at the end, with (tasks done, failed).
            on_results: Called with every chunk that comes in, once for each task.

        Raises:
            ValueError: ``tasks`` or ``cost`` has the wrong dtype or shape.
        """
        ...

    def begin(
        self,
        tasks: NDArray[Any],
        cost: NDArray[Any] | None = None,
        on_results: OnResults | None = None,
    ) -> RunningEvaluation:
        """Begins what ``evaluate`` does, with its arguments, and returns at once.

        One can be under way at a time. One that is never finished is like one that was left by an
        exception.

        Raises:
            ValueError: ``tasks`` or ``cost`` has the wrong dtype or shape.
        """
        ...


class Farm(Evaluator, Protocol):
    """Runs simulator tasks, on other ranks or on this one. A context manager that closes itself."""

    #: Number of ranks that simulate.
    workers: int

    @property
    def compute(self) -> Compute | None:
        """What spreads other work over ranks without tasks (``farm.compute = "ranks"``), if any."""
        ...

    @property
    def idle(self) -> bool:
        """Whether no rank holds a task; an evaluation that was left may have left some."""
        ...

    def call_all(self, name: str, argument: Any = None) -> Any:
        """Has every worker run its handler ``name`` (see ``serve``), once it has no more tasks.

        Returns at once, so that this rank can do its own part.

        Args:
            name: A handler that every worker has.
            argument: Anything that can be pickled.

        Returns:
            The communicator of all ranks that the handlers got; None if this rank is alone.
        """
        ...

    def stats(self) -> list[RankStats]:
        """What each simulating rank has done since the farm was opened; also after ``close``."""
        ...

    def lap(self) -> list[RankStats]:
        """The same since the last call of ``lap`` (since opening, the first time)."""
        ...

    def close(self, timeout: float | None = None, abort_code: int = 1) -> None:
        """Lets the workers go, once the chunks that they simulate are done; may be called again.

        Args:
            timeout: Seconds to wait for them; None for ``close_seconds`` of the settings.
            abort_code: Exit code with which all ranks are aborted when that time is up.
        """
        ...

    def __enter__(self) -> Farm: ...

    def __exit__(self, *exception: object) -> None: ...


def check_tasks(tasks: NDArray[Any], task_dtype: np.dtype[Any]) -> NDArray[Any]:
    """``tasks`` as a contiguous array.

    Raises:
        ValueError: Wrong dtype or shape.
    """
    if tasks.dtype != task_dtype or tasks.ndim != 1:
        raise ValueError(
            f"tasks have shape {tasks.shape} and dtype {tasks.dtype}, expected shape (n,) and "
            f"dtype {task_dtype}"
        )
    return np.ascontiguousarray(tasks)
