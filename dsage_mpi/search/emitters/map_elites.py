"""MAP-Elites emitter for discrete solutions (Bhatt et al. 2022, appendix; Mouret & Clune 2015)."""

from __future__ import annotations

import numpy as np

from dsage_mpi.core.domain import Array
from dsage_mpi.search.emitters.mutation import MutationEmitter


class MapElitesEmitter(MutationEmitter):
    """Uniform random solutions, then elites of which some positions are overwritten.

    ``mutations`` distinct random positions get uniform random values, so that about half the
    writes change a binary solution.
    """

    def _random(self, size: int) -> Array:
        values = self._rng.integers(self._domain.solution_values, size=(size, self._dim))
        return values.astype(self._domain.solution_dtype)

    def _mutated(self, size: int) -> Array:
        solutions = np.array(self._archive.sample_elites(size)["solution"])
        count = min(self._settings.mutations, self._dim)
        # Positions of the smallest of independent uniform keys: distinct and uniform.
        keys = self._rng.random((size, self._dim), dtype=np.float32)
        # In ascending order, for in which order they are found depends on the processor.
        positions = np.sort(np.argpartition(keys, count - 1, axis=1)[:, :count], axis=1)
        values = self._rng.integers(self._domain.solution_values, size=positions.shape)
        np.put_along_axis(solutions, positions, values.astype(solutions.dtype), axis=1)
        return solutions

    @property
    def _dim(self) -> int:
        return self._domain.solution_dim
