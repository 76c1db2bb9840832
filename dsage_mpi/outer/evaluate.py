"""Real evaluations: solutions in, a checked and interpreted batch out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dsage_mpi.core.domain import Array, Evaluations, impossible
from dsage_mpi.core.levels import level_dtype
from dsage_mpi.core.seeding import evaluation_seeds
from dsage_mpi.farm.interface import Evaluator, OnProgress
from dsage_mpi.outer.record import Batch

if TYPE_CHECKING:
    from dsage_mpi.core.domain import Domain


def evaluate(
    farm: Evaluator,
    domain: Domain,
    solutions: Array,
    *,
    run_seed: int,
    first: int,
    iteration: int,
    cost: Array | None = None,
    on_progress: OnProgress | None = None,
) -> Batch:
    """Simulates ``solutions`` as evaluations ``first``, ``first + 1``, ...

    The seed of an evaluation depends on the run seed and its number alone, and results come back
    in evaluation order, so that the batch is the same for any number of ranks.

    Args:
        farm: Where simulators run.
        domain: Makes tasks and reads results.
        solutions: (n, solution_dim).
        run_seed: The run's seed.
        first: Number of the first evaluation.
        iteration: Outer iteration that proposed the solutions.
        cost: (n,) predicted run times in any unit, or None.
        on_progress: Called now and then with (evaluations done, failures).
    """
    tasks = domain.tasks(solutions, evaluation_seeds(run_seed, first, len(solutions)))
    outcome = farm.evaluate(tasks, cost, on_progress=on_progress)
    failed, reasons = outcome.failed.copy(), dict(outcome.reasons)
    ok = np.flatnonzero(~failed)
    for row, reason in impossible(domain, outcome.results[ok]).items():
        position = int(ok[row])
        failed[position] = True
        reasons[position] = f"the simulator's result is impossible: {reason}"
    ok = np.flatnonzero(~failed)
    evaluations = domain.interpret(tasks[ok], outcome.results[ok])
    sick = _sick(evaluations)
    for row, quantity in sick.items():
        position = int(ok[row])
        failed[position] = True
        reasons[position] = f"the simulator's result has a NaN or infinite {quantity}"
    evaluations = _take(evaluations, np.isin(np.arange(len(ok)), list(sick), invert=True))
    return Batch(
        first=first,
        iteration=iteration,
        solutions=solutions,
        levels=_levels(domain, solutions, failed, evaluations),
        results=outcome.results,
        failed=failed,
        reasons=reasons,
        evaluations=evaluations,
    )


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
