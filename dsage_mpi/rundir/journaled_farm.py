"""A farm that keeps every result in the journal, and simulates nothing that is in there already."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dsage_mpi.core.computing import Compute
from dsage_mpi.farm.interface import Evaluator, OnProgress, OnResults, RunningEvaluation
from dsage_mpi.farm.outcome import Outcome
from dsage_mpi.rundir.journal import Journal

Array = NDArray[Any]


class JournaledFarm:
    """Stands between the outer loop and the farm.

    Args:
        farm: Simulates what is not known.
        journal: Keeps results as they come in, and knows those of an earlier start.
        result_dtype: Of the results.
    """

    def __init__(self, farm: Evaluator, journal: Journal, result_dtype: np.dtype[Any]) -> None:
        self.farm, self.journal, self.result_dtype = farm, journal, result_dtype
        #: Number of the next evaluation of the run; a restart sets it.
        self.next_evaluation = 0

    @property
    def compute(self) -> Compute | None:
        """What the farm has of it: nothing of that needs a journal."""
        found: Compute | None = getattr(self.farm, "compute", None)
        return found

    def evaluate(
        self,
        tasks: Array,
        cost: Array | None = None,
        on_progress: OnProgress | None = None,
        on_results: OnResults | None = None,
    ) -> Outcome:
        """Results of ``tasks`` ((n,)), the next n evaluations of the run; see ``Evaluator``.

        ``on_results`` is not called: the journal takes its place.
        """
        return self.begin(tasks, cost).finish(on_progress)

    def begin(
        self, tasks: Array, cost: Array | None = None, on_results: OnResults | None = None
    ) -> RunningEvaluation:
        """Begins to simulate what is not known; see ``Evaluator`` and ``evaluate``."""
        return _JournaledEvaluation(self, tasks, cost)


class _JournaledEvaluation:
    """An evaluation of which part may be known from the journal."""

    def __init__(self, journaled: JournaledFarm, tasks: Array, cost: Array | None) -> None:
        self._journaled, self._journal = journaled, journaled.journal
        self._tasks, self._first = tasks, journaled.next_evaluation
        self._known = self._journal.recall(self._first, tasks, journaled.result_dtype)
        self._unknown = np.setdiff1d(np.arange(len(tasks)), self._known.positions)
        self._fresh = journaled.farm.begin(
            tasks[self._unknown],
            None if cost is None else cost[self._unknown],
            on_results=self._keep,
        )

    def poll(self) -> None:
        """See ``RunningEvaluation.poll``."""
        self._fresh.poll()
        self._journal.sync_when_due()

    def finish(self, on_progress: OnProgress | None = None) -> Outcome:
        """See ``RunningEvaluation.finish``."""
        known = self._known

        def progress(done: int, failed: int) -> None:
            self._journal.sync_when_due()
            if on_progress is not None:
                on_progress(len(known.positions) + done, len(known.reasons) + failed)

        fresh = self._fresh.finish(progress)
        outcome = Outcome.empty(len(self._tasks), self._journaled.result_dtype)
        outcome.results[known.positions] = known.results
        outcome.reasons.update(known.reasons)
        outcome.results[self._unknown] = fresh.results
        outcome.reasons.update({int(self._unknown[i]): text for i, text in fresh.reasons.items()})
        outcome.failed[list(outcome.reasons)] = True
        self._journaled.next_evaluation = self._first + len(self._tasks)
        return outcome

    def _keep(self, indices: Array, results: Array, reasons: dict[int, str]) -> None:
        positions = self._unknown[indices]
        self._journal.add(self._first + positions, self._tasks[positions], results, reasons)
