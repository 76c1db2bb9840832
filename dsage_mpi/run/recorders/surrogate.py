"""Warns when the surrogate costs time for nothing."""

from __future__ import annotations

import logging

import numpy as np

from dsage_mpi.core.domain import known_objective
from dsage_mpi.outer.loop import Step
from dsage_mpi.outer.surrogate_check import worse_than_constant
from dsage_mpi.run.parts import Parts
from dsage_mpi.run.recorders.base import Recorder

_log = logging.getLogger("dsage_mpi.outer")


class SurrogateRecorder(Recorder):
    """Compares the surrogate's errors with those of a constant prediction."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def after_iteration(self, step: Step) -> None:
        """Warns if the last iterations' predictions were worse than a constant."""
        if not step.errors:
            return
        for text in worse_than_constant(self._parts.metrics.rows, self._predicted()):
            _log.warning("%s", text)

    def _predicted(self) -> list[str]:
        """Objective and measures that the surrogate predicts, rather than read off the level."""
        config, loop = self._parts.config, self._parts.loop
        level = loop.record["level"][:1]
        predicted = {"objective": True, **dict.fromkeys(config.archive.measures, True)}
        if config.surrogate.known_objective:
            predicted["objective"] = bool(np.isnan(known_objective(loop.domain, level)).all())
        if config.surrogate.known_measures:
            known = loop.domain.known_measures(level)[0]
            predicted |= dict(zip(config.archive.measures, np.isnan(known).tolist(), strict=True))
        return [name for name, guessed in predicted.items() if guessed]
