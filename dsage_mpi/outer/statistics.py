"""What one outer iteration found, as the numbers that ``metrics.csv`` has a column for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dsage_mpi.search.archive import coverage, qd_score
from dsage_mpi.surrogate.accuracy import measure_key

if TYPE_CHECKING:
    from ribs.archives import ArchiveBase

    from dsage_mpi.core.domain import Array
    from dsage_mpi.outer.loop import OuterLoop, Step

#: What is known of the surrogate's accuracy, and of its occupancy grids'.
_ACCURACY = ("mae", "constant_mae", "r2", "spearman", "inside_50", "inside_90")
_OCCUPANCY_ACCURACY = ("mae", "r2")


def iteration_results(loop: OuterLoop, step: Step) -> dict[str, Any]:
    """Returns the columns of ``metrics.csv`` that are results: they depend on no clock.

    Args:
        loop: The search, right after the iteration.
        step: The iteration.
    """
    archive, status = loop.archive, step.add_info["status"]
    best = mean = None
    if not archive.empty:
        objective = archive.data("objective")
        best, mean = float(objective.max()), float(np.sort(objective).mean())
    measures = step.batch.evaluations.measures
    cells = archive.index_of(measures)
    ok = status[step.batch.succeeded]
    new, improved = (len(np.unique(cells[ok == kind])) for kind in (2, 1))
    names = loop.config.archive.measures
    return {
        "iteration": loop.iteration,
        "evaluations": len(loop.record),
        "failures": int(loop.record["failed"].sum()),
        "archive_size": len(archive),
        "coverage": coverage(archive),
        "qd_score": qd_score(archive),
        "objective_best": best,
        "objective_mean": mean,
        "new_cells": new,
        "improved_cells": improved,
        **_clipped(archive, measures, names),
        "yield": (new + improved) / max(1, len(step.batch)),
        "selected": len(step.proposal.solutions),
        "on_target": _on_target(archive, step),
        **step.proposal.notes,
        **_accuracy(step.errors, names),
    }


def _on_target(archive: ArchiveBase, step: Step) -> float | None:
    """Share of successful evaluations in just the cell that was predicted; None if none was."""
    predicted, ok = step.proposal.measures, step.batch.succeeded
    if predicted is None or len(ok) == 0:
        return None
    found = archive.index_of(step.batch.evaluations.measures)
    return float(np.mean(found == archive.index_of(predicted[ok])))


def _clipped(archive: ArchiveBase, measures: Array, names: tuple[str, ...]) -> dict[str, int]:
    """How many evaluations ((n, k) measures) lie beyond the archive, per measure and side."""
    beyond = {
        "below": (measures < archive.lower_bounds).sum(axis=0),
        "above": (measures > archive.upper_bounds).sum(axis=0),
    }
    return {
        f"{name}_{side}": int(counts[k])
        for k, name in enumerate(names)
        for side, counts in beyond.items()
    }


def _accuracy(errors: dict[str, float], measures: tuple[str, ...]) -> dict[str, float]:
    """The surrogate's accuracy under the names of the configured measures."""
    names = {"objective": "objective"} | {measure_key(k): name for k, name in enumerate(measures)}
    columns = {
        f"{name}_{score}": errors.get(f"{head}_{score}")
        for head, name in names.items()
        for score in _ACCURACY
    }
    columns |= {f"occupancy_{s}": errors.get(f"occupancy_{s}") for s in _OCCUPANCY_ACCURACY}
    return {name: value for name, value in columns.items() if value is not None}
