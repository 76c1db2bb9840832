"""Real evaluations: solutions in, a checked and interpreted batch out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dsage_mpi.core.domain import Array, Evaluations, impossible
from dsage_mpi.core.levels import level_dtype
from dsage_mpi.core.seeding import evaluation_seeds
from dsage_mpi.farm.interface import Evaluator, OnProgress, RunningEvaluation
from dsage_mpi.outer.record import Batch

if TYPE_CHECKING:
    from dsage_mpi.core.domain import Domain
    from dsage_mpi.outer.methods.base import Proposal


@dataclass(frozen=True)
class Place:
    """Where in a run a batch stands.

    Attributes:
        run_seed: The run's seed.
        first: Number of the batch's first evaluation.
        iteration: Outer iteration (0-based) that proposed it.
    """

    run_seed: int
    first: int
    iteration: int


class BatchEvaluation:
    """Real evaluations that are under way.

    Args:
        domain: Reads results.
        proposal: Whose solutions they are.
        tasks: (n,) their tasks.
        place: Where in the run they stand.
        running: The farm's work on the tasks.
    """

    def __init__(
        self,
        domain: Domain,
        proposal: Proposal,
        tasks: Array,
        place: Place,
        running: RunningEvaluation,
    ) -> None:
        self._domain, self.place, self._running = domain, place, running
        self._proposal, self._tasks = proposal, tasks

    def poll(self) -> None:
        """Keeps other ranks busy; see ``RunningEvaluation.poll``."""
        self._running.poll()

    def finish(self, on_progress: OnProgress | None = None) -> Batch:
        """Waits for the results, checks and interprets them.

        Args:
            on_progress: Called now and then with (evaluations done, failures).
        """
        outcome = self._running.finish(on_progress)
        failed, reasons = outcome.failed.copy(), dict(outcome.reasons)
        ok = np.flatnonzero(~failed)
        for row, reason in impossible(self._domain, outcome.results[ok]).items():
            reasons[int(ok[row])] = f"the simulator's result is impossible: {reason}"
        failed[list(reasons)] = True
        ok = np.flatnonzero(~failed)
        evaluations = self._domain.interpret(self._tasks[ok], outcome.results[ok])
        sick = _sick(evaluations)
        for row, quantity in sick.items():
            reasons[int(ok[row])] = f"the simulator's result has a NaN or infinite {quantity}"
        failed[list(reasons)] = True
        evaluations = _take(evaluations, np.isin(np.arange(len(ok)), list(sick), invert=True))
        return Batch(
            first=self.place.first,
            iteration=self.place.iteration,
            solutions=self._proposal.solutions,
            levels=_levels(self._domain, self._proposal.solutions, failed, evaluations),
            results=outcome.results,
            failed=failed,
            reasons=reasons,
            evaluations=evaluations,
            parents=self._proposal.parents,
        )


def begin_evaluation(
    farm: Evaluator,
    domain: Domain,
    proposal: Proposal,
    place: Place,
) -> BatchEvaluation:
    """Begins to simulate solutions as evaluations ``first``, ``first + 1``, ...

    The seed of an evaluation depends on the run seed and its number alone, and results come back
    in evaluation order, so that the batch is the same for any number of ranks.

    Args:
        farm: Where simulators run.
        domain: Makes tasks and reads results.
        proposal: The solutions, and what is known of their run times.
        place: Where in the run they stand.
    """
    solutions = proposal.solutions
    seeds = evaluation_seeds(place.run_seed, place.first, len(solutions))
    tasks = domain.tasks(solutions, seeds)
    running = farm.begin(tasks, proposal.cost)
    return BatchEvaluation(domain, proposal, tasks, place, running)


def _sick(evaluations: Evaluations) -> dict[int, str]:
    """Row -> what archive or surrogate could not take, as it is no finite number."""
    found: dict[int, str] = {}
    for quantity in ("objective", "measures", "occupancy"):
        values = getattr(evaluations, quantity)
        finite = np.isfinite(values).all(axis=tuple(range(1, values.ndim)))
        found = dict.fromkeys(np.flatnonzero(~finite).tolist(), quantity) | found
    return found


def _levels(domain: Domain, solutions: Array, failed: Array, evaluations: Evaluations) -> Array:
    levels = np.empty((len(solutions), *domain.level_shape), level_dtype(domain.level_shape))
    levels[~failed] = evaluations.levels
    if failed.any():
        levels[failed] = domain.bare_levels(solutions[failed])
    return levels


def _take(evaluations: Evaluations, mask: Array) -> Evaluations:
    if mask.all():
        return evaluations
    return Evaluations(
        objective=evaluations.objective[mask],
        measures=evaluations.measures[mask],
        levels=evaluations.levels[mask],
        occupancy=evaluations.occupancy[mask],
        metadata=evaluations.metadata[mask],
    )
