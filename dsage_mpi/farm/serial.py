"""A farm of one: rank 0 simulates itself."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dsage_mpi.core.computing import Compute
from dsage_mpi.farm.account import Chunk, EvaluationAccount
from dsage_mpi.farm.evaluation import DeferredEvaluation
from dsage_mpi.farm.interface import (
    FarmError,
    OnProgress,
    OnResults,
    RunningEvaluation,
    check_tasks,
)
from dsage_mpi.farm.messages import most_tasks
from dsage_mpi.farm.outcome import Ledger, Outcome, RankStats
from dsage_mpi.farm.runner import Runner, describe
from dsage_mpi.farm.scheduling import Pace, plan
from dsage_mpi.farm.settings import FarmSettings

if TYPE_CHECKING:
    from dsage_mpi.core.domain import Simulator


class SerialFarm:
    """Simulates in this process; same batches, checks and failures as on many ranks."""

    workers = 1
    compute: Compute | None = None

    def __init__(
        self,
        make_simulator: Callable[[], Simulator],
        task_dtype: np.dtype[Any],
        result_dtype: np.dtype[Any],
        settings: FarmSettings,
    ) -> None:
        try:
            simulator = make_simulator()
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            raise FarmError(f"rank 0 could not build its simulator:\n{describe(error)}") from error
        self._task_dtype = task_dtype
        self._result_dtype = result_dtype
        self._settings = settings
        # Here Ctrl-C is the user's, not a task's failure.
        self._runner = Runner(simulator, result_dtype, retries=settings.retries, interruptible=True)
        self._pace = Pace()
        self._texts: dict[str, str] = {}
        self._ledger = Ledger({0: platform.node()}, time.perf_counter())
        self._closed: list[RankStats] | None = None

    def evaluate(
        self,
        tasks: NDArray[Any],
        cost: NDArray[Any] | None = None,
        on_progress: OnProgress | None = None,
        on_results: OnResults | None = None,
    ) -> Outcome:
        """See ``Farm.evaluate``."""
        if self._closed is not None:
            raise FarmError("the farm is closed")
        tasks = check_tasks(tasks, self._task_dtype)
        most = most_tasks(self._task_dtype, self._result_dtype)
        chunks = plan(len(tasks), 1, most, self._settings, self._pace, cost)
        account = EvaluationAccount(len(tasks), self._result_dtype, on_results, self._texts)
        account.report_to(on_progress)
        while (indices := chunks.next(0, 0)) is not None:
            started = time.perf_counter()
            batch = self._runner.run(tasks[indices], account.report)
            busy = time.perf_counter() - started
            if batch.lost:
                raise FarmError(f"rank 0 cannot simulate any more: {batch.lost}")
            self._ledger.add(0, len(indices), len(batch.reasons), busy)
            chunks.finished(indices, busy)
            chunk = Chunk(indices, batch.results, batch.failed, batch.seconds, batch.reasons)
            account.book(chunk, rank=0)
            account.report()
        return account.finish()

    def begin(
        self,
        tasks: NDArray[Any],
        cost: NDArray[Any] | None = None,
        on_results: OnResults | None = None,
    ) -> RunningEvaluation:
        """See ``Farm.begin``; this process simulates at the end, as there is nobody else."""
        tasks = check_tasks(tasks, self._task_dtype)
        return DeferredEvaluation(lambda hook: self.evaluate(tasks, cost, hook, on_results))

    @property
    def idle(self) -> bool:
        """See ``Farm.idle``."""
        return True

    def call_all(self, name: str, argument: Any = None) -> Any:
        """See ``Farm.call_all``."""
        return None

    def stats(self) -> list[RankStats]:
        """See ``Farm.stats``."""
        return self._closed or self._ledger.totals(time.perf_counter())

    def lap(self) -> list[RankStats]:
        """See ``Farm.lap``."""
        return self._ledger.lap(time.perf_counter())

    def close(self, timeout: float | None = None, abort_code: int = 1) -> None:
        """See ``Farm.close``."""
        if self._closed is None:
            self._closed = self.stats()
            self._runner.close()

    def __enter__(self) -> SerialFarm:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()
