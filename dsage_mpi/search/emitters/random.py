"""Domain randomization: solutions of the initial distribution, for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dsage_mpi.core.domain import Array
from dsage_mpi.core.seeding import generator_state, restore_generator
from dsage_mpi.core.state import Tree

if TYPE_CHECKING:
    from ribs.archives import ArchiveBase

    from dsage_mpi.config.tables import EmitterSettings
    from dsage_mpi.core.domain import Domain


class RandomEmitter:
    """Emits the domain's initial distribution and learns nothing."""

    def __init__(
        self,
        archive: ArchiveBase,
        domain: Domain,
        settings: EmitterSettings,
        rng: np.random.Generator,
    ) -> None:
        self._domain = domain
        self._size = settings.count * settings.batch_size
        self._rng = rng

    def ask(self) -> Array:
        """Returns (count x batch_size, solution_dim) random solutions."""
        return self._domain.initial_solutions(self._rng, self._size)

    def tell(self, solutions: Array, objective: Array, measures: Array, add_info: Tree) -> None:
        """Nothing to learn."""

    def state(self) -> Tree:
        """The generator's state."""
        return {"rng": generator_state(self._rng)}

    def load_state(self, tree: Tree) -> None:
        """Restores ``state()``."""
        restore_generator(self._rng, tree["rng"])
