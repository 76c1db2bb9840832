"""Keeps ``status.json`` up to date."""

from __future__ import annotations

from dsage_mpi.core.state import Tree
from dsage_mpi.outer.loop import Step
from dsage_mpi.run.parts import Parts
from dsage_mpi.run.recorders.base import Recorder
from dsage_mpi.rundir.status import STOPPED

#: Columns of metrics.csv that the status shows.
_COLUMNS = ("iteration", "evaluations", "failures", "archive_size", "coverage", "qd_score")


class StatusRecorder(Recorder):
    """Writes how far the run is; ``run.main`` writes how it ended."""

    def __init__(self, parts: Parts) -> None:
        self._status, self._metrics = parts.resources.status, parts.metrics

    def after_iteration(self, step: Step) -> None:
        """Passes on the newest row of the metrics."""
        self._show_last_row()

    def at_safe_point(self, phase: str, done: int, total: int) -> None:
        """Passes on how far the phase is."""
        self._status.update(phase=phase, phase_done=done, phase_total=total)

    def on_stop(self, reason: str) -> None:
        """Says so at once: the farm may abort all ranks next."""
        self._status.write(state=STOPPED, reason=reason)

    def load_state(self, tree: Tree) -> None:
        """Shows the checkpoint's last row."""
        self._show_last_row()

    def _show_last_row(self) -> None:
        row = self._metrics.last
        if row is not None:
            self._status.update(**{name: row[name] for name in _COLUMNS})
