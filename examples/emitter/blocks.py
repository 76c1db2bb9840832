"""An emitter of one's own: it copies a block of one elite into another."""

from __future__ import annotations

import numpy as np
from pydantic import Field

from dsage_mpi import MutationEmitter, Settings


class BlockEmitter(MutationEmitter):
    """Random solutions first, then elites into which a run of another elite's values is copied.

    ``MutationEmitter`` keeps the schedule and the state; what is left is to propose.
    """

    #: Kinds of solutions that it can work on.
    SOLUTIONS = ("discrete", "continuous")

    class Settings(Settings):
        """Keys of ``[emitters.settings]``."""

        share: float = Field(0.25, gt=0, le=1, description="Share of a solution that is copied.")

    def _random(self, size):
        return self._domain.initial_solutions(self._rng, size)

    def _mutated(self, size):
        parents = np.array(self._archive.sample_elites(2 * size)["solution"])
        children, others = parents[:size], parents[size:]
        length = max(1, round(self._settings.own.share * self._domain.solution_dim))
        starts = self._rng.integers(self._domain.solution_dim - length + 1, size=size)
        for child, other, start in zip(children, others, starts, strict=True):
            child[start : start + length] = other[start : start + length]
        return children
