"""A farm that keeps every result in the journal, and simulates nothing that is in there already."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dsage_mpi.farm.interface import Evaluator, OnProgress, OnResults
from dsage_mpi.farm.outcome import Outcome
from dsage_mpi.rundir.journal import Journal, Known

Array = NDArray[Any]


class JournaledFarm:
    """Stands between the outer loop and the farm.

    Args:
        farm: Simulates what is not known.
        journal: Keeps results as they come in, and knows those of an earlier start.
        result_dtype: Of the results.
    """

    def __init__(self, farm: Evaluator, journal: Journal, result_dtype: np.dtype[Any]) -> None:
        self._farm, self.journal, self._result_dtype = farm, journal, result_dtype
        #: Number of the next evaluation of the run; a restart sets it.
        self.next_evaluation = 0

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
        first = self.next_evaluation
        known = self.journal.recall(first, tasks, self._result_dtype)
        outcome = self._simulate_unknown(tasks, cost, on_progress, known)
        self.next_evaluation = first + len(tasks)
        return outcome

    def _simulate_unknown(
        self, tasks: Array, cost: Array | None, on_progress: OnProgress | None, known: Known
    ) -> Outcome:
        """Simulates the tasks that are not ``known``; the outcome is that of all."""
        outcome = Outcome.empty(len(tasks), self._result_dtype)
        outcome.results[known.positions] = known.results
        outcome.reasons.update(known.reasons)
        unknown = np.setdiff1d(np.arange(len(tasks)), known.positions)

        def keep(indices: Array, results: Array, reasons: dict[int, str]) -> None:
            positions = unknown[indices]
            self.journal.add(self.next_evaluation + positions, tasks[positions], results, reasons)

        def progress(done: int, failed: int) -> None:
            self.journal.sync_when_due()
            if on_progress is not None:
                on_progress(len(known.positions) + done, len(known.reasons) + failed)

        cost = None if cost is None else cost[unknown]
        fresh = self._farm.evaluate(tasks[unknown], cost, on_progress=progress, on_results=keep)
        outcome.results[unknown] = fresh.results
        outcome.reasons.update({int(unknown[i]): reason for i, reason in fresh.reasons.items()})
        outcome.failed[list(outcome.reasons)] = True
        return outcome
