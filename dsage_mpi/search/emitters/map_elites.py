"""MAP-Elites emitter for discrete solutions (Bhatt et al. 2022, appendix; Mouret & Clune 2015)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dsage_mpi.domains.base import Array
from dsage_mpi.search.emitters.base import Tree, generator_state, restore_generator

if TYPE_CHECKING:
    from ribs.archives import GridArchive

    from dsage_mpi.config.schema import EmitterSettings
    from dsage_mpi.domains.base import Domain


class MapElitesEmitter:
    """``count`` MAP-Elites emitters on one archive, asked as one vectorised batch.

    Each emits uniform random solutions until it has emitted ``initial_population``, unless the
    archive has elites from the beginning; afterwards a random elite with ``mutations`` distinct
    random positions overwritten by uniform random values (so about half the writes change a binary
    solution). The emitters share archive and schedule, so that asking them together is the same as
    asking them in turn.
    """

    def __init__(
        self,
        archive: GridArchive,
        domain: Domain,
        settings: EmitterSettings,
        rng: np.random.Generator,
    ) -> None:
        self._archive = archive
        self._domain = domain
        self._settings = settings
        self._rng = rng
        self._emitted_each = 0 if archive.empty else settings.initial_population

    def ask(self) -> Array:
        """Returns (count x batch_size, solution_dim) solutions."""
        size = self._settings.count * self._settings.batch_size
        random_phase = self._emitted_each < self._settings.initial_population
        self._emitted_each += self._settings.batch_size
        if random_phase or self._archive.empty:
            return self._random(size)
        return self._mutated(size)

    def tell(self, solutions: Array, objective: Array, measures: Array, add_info: Tree) -> None:
        """Nothing to learn: the archive is all the memory that MAP-Elites has."""

    def state(self) -> Tree:
        """Number of solutions emitted and the generator's state."""
        return {"emitted_each": self._emitted_each, "rng": generator_state(self._rng)}

    def load_state(self, tree: Tree) -> None:
        """Restores ``state()``."""
        self._emitted_each = int(tree["emitted_each"])
        restore_generator(self._rng, tree["rng"])

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
