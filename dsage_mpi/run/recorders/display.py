"""Shows every iteration on the terminal and in the log file."""

from __future__ import annotations

from dsage_mpi.outer.loop import Step
from dsage_mpi.run.parts import Parts
from dsage_mpi.run.recorders.base import Recorder


class DisplayRecorder(Recorder):
    """Passes the newest row of the metrics to the progress display."""

    def __init__(self, parts: Parts) -> None:
        self._display, self._metrics = parts.display, parts.metrics

    def after_iteration(self, step: Step) -> None:
        """Shows one line."""
        row = self._metrics.last
        if row is not None:
            self._display.iteration(row)
