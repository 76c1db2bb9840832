"""Mutation of solutions of any kind: discrete, continuous, mixed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dsage_mpi.core.domain import Array
from dsage_mpi.core.positions import Positions
from dsage_mpi.search.emitters.mutation import MutationEmitter

if TYPE_CHECKING:
    from ribs.archives import ArchiveBase

    from dsage_mpi.config.tables import EmitterSettings
    from dsage_mpi.core.domain import Domain


class PositionMutationEmitter(MutationEmitter):
    """Solutions of the initial distribution, then elites of which some positions are changed.

    At least one position of each is. Real numbers get Gaussian noise that is scaled by their range
    and reflected at its ends; whole numbers go one or more steps; of choices (and of the values of
    discrete solutions) another is taken, all alike.
    """

    SOLUTIONS = ("discrete", "continuous", "mixed")

    def __init__(
        self,
        archive: ArchiveBase,
        domain: Domain,
        settings: EmitterSettings,
        rng: np.random.Generator,
    ) -> None:
        super().__init__(archive, domain, settings, rng)
        self._own, self._positions = settings.own, Positions.of(domain)

    def _random(self, size: int) -> Array:
        return self._domain.initial_solutions(self._rng, size)

    def _mutated(self, size: int) -> Array:
        parents = self._parents(size).astype(np.float64)
        changed = self._rng.random(parents.shape) < self._own.share
        changed[np.arange(size), self._rng.integers(parents.shape[1], size=size)] = True
        steps = self._own.sigma * self._rng.standard_normal(parents.shape)
        moved = self._positions.moved(parents, steps, self._rng.random(parents.shape))
        return np.where(changed, moved, parents).astype(self._domain.solution_dtype)
