"""Writes one row of ``metrics.csv`` per outer iteration."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from dsage_mpi.core.domain import Array
from dsage_mpi.core.state import CheckpointError, Tree
from dsage_mpi.farm import idle_share
from dsage_mpi.outer.loop import Step
from dsage_mpi.run.parts import Parts
from dsage_mpi.run.recorders.base import Recorder
from dsage_mpi.rundir.metrics import MetricsError
from dsage_mpi.search.archive import coverage, qd_score
from dsage_mpi.surrogate.accuracy import measure_key

#: What metrics.csv says of the surrogate's accuracy.
_ACCURACY = ("mae", "constant_mae", "r2", "spearman")
#: Column of metrics.csv -> the phases that it times.
_PHASE_COLUMNS = {
    "train_s": ("train",),
    "inner_s": ("inner", "select"),
    "evaluate_s": ("evaluate",),
}


class MetricsRecorder(Recorder):
    """Computes the rows, and keeps them in the checkpoint."""

    part = "metrics"

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._iteration_began = time.perf_counter()

    def after_iteration(self, step: Step) -> None:
        """Adds the iteration's row."""
        self._parts.metrics.append({**self._result_columns(step), **self._timing_columns()})

    def state(self) -> Tree:
        """All rows."""
        return self._parts.metrics.state()

    def load_state(self, tree: Tree) -> None:
        """Goes back to the rows of a checkpoint; later ones are dropped from the file.

        Raises:
            CheckpointError: They have other columns.
        """
        try:
            self._parts.metrics.load_state(tree)
        except MetricsError as error:
            raise CheckpointError(f"{error}; was it written by another version?") from error

    def _result_columns(self, step: Step) -> dict[str, Any]:
        loop = self._parts.loop
        archive, status = loop.archive, step.add_info["status"]
        best = mean = None
        if not archive.empty:
            objective = archive.data("objective")
            best, mean = float(objective.max()), float(np.sort(objective).mean())
        cells = archive.index_of(step.batch.evaluations.measures)
        ok = status[step.batch.succeeded]
        new, improved = (len(np.unique(cells[ok == kind])) for kind in (2, 1))
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
            **self._clipped_columns(step.batch.evaluations.measures),
            "yield": (new + improved) / max(1, len(step.batch)),
            "selected": len(step.proposal.solutions),
            **step.proposal.notes,
            **self._accuracy_columns(step.errors),
        }

    def _clipped_columns(self, measures: Array) -> dict[str, int]:
        """How many evaluations ((n, k) measures) lie beyond the archive, per measure and side."""
        archive, names = self._parts.loop.archive, self._parts.config.archive.measures
        beyond = {
            "below": (measures < archive.lower_bounds).sum(axis=0),
            "above": (measures > archive.upper_bounds).sum(axis=0),
        }
        return {
            f"{name}_{side}": int(counts[k])
            for k, name in enumerate(names)
            for side, counts in beyond.items()
        }

    def _accuracy_columns(self, errors: dict[str, float]) -> dict[str, float]:
        """The surrogate's accuracy under the names of the configured measures."""
        measures = self._parts.config.archive.measures
        names = {"objective": "objective", "occupancy": "occupancy"} | {
            measure_key(number): name for number, name in enumerate(measures)
        }
        columns = {
            f"{name}_{score}": errors.get(f"{head}_{score}")
            for head, name in names.items()
            for score in _ACCURACY
        }
        known = {column.name for column in self._parts.metrics.columns}
        return {
            name: value for name, value in columns.items() if value is not None and name in known
        }

    def _timing_columns(self) -> dict[str, Any]:
        """What the time since the last row went into; adds up, so every second counts once."""
        phases = self._parts.phases.take()
        began, self._iteration_began = self._iteration_began, time.perf_counter()
        spent, size = self._parts.checkpoint_times.take()
        return {
            **{
                column: sum(phases[name] for name in names if name in phases) or None
                for column, names in _PHASE_COLUMNS.items()
            },
            "checkpoint_s": spent,
            "checkpoint_mb": None if size is None else size / 1e6,
            "total_s": self._iteration_began - began,
            "idle_share": idle_share(self._parts.resources.farm.lap()),
        }
