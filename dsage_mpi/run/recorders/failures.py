"""Writes every failed evaluation to ``failures.jsonl`` and to the log."""

from __future__ import annotations

import logging
from typing import Any

from dsage_mpi.core.state import Tree
from dsage_mpi.outer.loop import Step
from dsage_mpi.run.parts import Parts
from dsage_mpi.run.recorders.base import Recorder
from dsage_mpi.rundir.failures import FailureLog, headline

_log = logging.getLogger("dsage_mpi.outer")

#: Failures that the log tells one by one.
_TOLD = 5


class FailureRecorder(Recorder):
    """Logs failures as they happen; after a restart the file is that of the checkpoint."""

    def __init__(self, parts: Parts) -> None:
        self._record = parts.loop.record
        self._file = FailureLog(parts.directory.failures)
        self._told = 0
        # What an earlier start left that never reached a checkpoint happens again.
        self._file.rewrite([])

    def after_iteration(self, step: Step) -> None:
        """Logs the failures of one iteration: the first of a run each, then their number."""
        for position in sorted(step.batch.reasons):
            failure = self._failure(step.batch.first + position)
            if self._told < _TOLD:
                told = headline(failure["reason"])
                _log.warning("evaluation %d failed: %s", failure["evaluation"], told)
            self._told += 1
            self._file.append(failure)
        if step.batch.reasons and self._told > _TOLD:
            _log.warning(
                "%d of %d evaluations failed in iteration %d; why is in %s",
                len(step.batch.reasons),
                len(step.batch),
                int(self._record["iteration"][step.batch.first]) + 1,
                self._file.path,
            )

    def load_state(self, tree: Tree) -> None:
        """Writes the file again from the evaluation record, which has been restored."""
        self._file.rewrite(self._failure(number) for number in sorted(self._record.reasons))

    def _failure(self, number: int) -> dict[str, Any]:
        """What ``failures.jsonl`` says of failed evaluation ``number``."""
        record = self._record
        return {
            "evaluation": number,
            "iteration": int(record["iteration"][number]) + 1,  # counted as in metrics.csv
            "reason": record.reasons[number],
            "solution": record["solution"][number],
            "level": record["level"][number],
        }
