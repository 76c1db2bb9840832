"""MAP-Elites emitter for continuous solutions: "Iso+LineDD" (Vassiliades and Mouret 2018)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dsage_mpi.domains.base import Array
from dsage_mpi.search.emitters.base import Tree, generator_state, restore_generator

if TYPE_CHECKING:
    from ribs.archives import GridArchive

    from dsage_mpi.config.schema import EmitterSettings
    from dsage_mpi.domains.base import Domain


class IsoLineEmitter:
    """``count`` emitters on one archive, asked as one vectorised batch.

    Each emits solutions of the domain's initial distribution until it has emitted
    ``initial_population``, unless the archive has elites from the beginning; afterwards

        x = a + iso_sigma * N(0, I) + line_sigma * N(0, 1) * (b - a)

    for random elites a and b. With ``line_sigma = 0`` that is a Gaussian mutation.
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
            return self._domain.initial_solutions(self._rng, size)
        parents = np.array(self._archive.sample_elites(2 * size)["solution"])
        start, other = parents[:size], parents[size:]
        isotropic = self._settings.iso_sigma * self._rng.standard_normal(start.shape)
        line = self._settings.line_sigma * self._rng.standard_normal((size, 1))
        return np.asarray(start + isotropic + line * (other - start))

    def tell(self, solutions: Array, objective: Array, measures: Array, add_info: Tree) -> None:
        """Nothing to learn: the archive is all the memory that MAP-Elites has."""

    def state(self) -> Tree:
        """Number of solutions emitted and the generator's state."""
        return {"emitted_each": self._emitted_each, "rng": generator_state(self._rng)}

    def load_state(self, tree: Tree) -> None:
        """Restores ``state()``."""
        self._emitted_each = int(tree["emitted_each"])
        restore_generator(self._rng, tree["rng"])
