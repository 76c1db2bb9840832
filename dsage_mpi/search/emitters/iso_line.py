"""MAP-Elites emitter for continuous solutions: "Iso+LineDD" (Vassiliades and Mouret 2018)."""

from __future__ import annotations

import numpy as np

from dsage_mpi.core.domain import Array
from dsage_mpi.search.emitters.mutation import MutationEmitter


class IsoLineEmitter(MutationEmitter):
    """Solutions of the domain's initial distribution, then steps from elites.

    For random elites a and b the step is

        x = a + iso_sigma * N(0, I) + line_sigma * N(0, 1) * (b - a)

    With ``line_sigma = 0`` that is a Gaussian mutation.
    """

    def _random(self, size: int) -> Array:
        return self._domain.initial_solutions(self._rng, size)

    def _mutated(self, size: int) -> Array:
        parents = self._parents(2 * size)
        start, other = parents[:size], parents[size:]
        isotropic = self._settings.iso_sigma * self._rng.standard_normal(start.shape)
        line = self._settings.line_sigma * self._rng.standard_normal((size, 1))
        return np.asarray(start + isotropic + line * (other - start))
