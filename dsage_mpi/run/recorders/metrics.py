"""Writes one row of ``metrics.csv`` per outer iteration."""

from __future__ import annotations

import time
from typing import Any

from dsage_mpi.core.state import CheckpointError, Tree
from dsage_mpi.farm import idle_share
from dsage_mpi.outer.loop import Step
from dsage_mpi.outer.statistics import iteration_results
from dsage_mpi.run.parts import Parts
from dsage_mpi.run.recorders.base import Recorder
from dsage_mpi.rundir.metrics import MetricsError

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
        self._parts.metrics.append(
            {**iteration_results(self._parts.loop, step), **self._timing_columns()}
        )

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
