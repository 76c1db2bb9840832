"""What emitters share whose only memory is the archive: random solutions first, then mutations."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

import numpy as np

from dsage_mpi.core.domain import Array
from dsage_mpi.core.seeding import generator_state, restore_generator
from dsage_mpi.core.state import Tree

if TYPE_CHECKING:
    from ribs.archives import ArchiveBase

    from dsage_mpi.config.tables import EmitterSettings
    from dsage_mpi.core.domain import Domain


class MutationEmitter(ABC):
    """``count`` emitters on one archive, asked as one vectorised batch.

    Each emits random solutions until it has emitted ``initial_population``, unless the archive has
    elites from the beginning; afterwards mutations of random elites. The emitters share archive
    and schedule, so that asking them together is the same as asking them in turn.
    """

    def __init__(
        self,
        archive: ArchiveBase,
        domain: Domain,
        settings: EmitterSettings,
        rng: np.random.Generator,
    ) -> None:
        self._archive = archive
        self._domain = domain
        self._settings = settings
        self._rng = rng
        self._emitted_each = 0 if archive.empty else settings.initial_population
        self._parent_numbers: Array | None = None
        self._emitted = 0

    @property
    def parents(self) -> Array | None:
        """(batch,) evaluations whose solutions the last batch mutates; None if it is random."""
        numbers = self._parent_numbers
        return None if numbers is None else numbers[: self._emitted]

    @property
    def size(self) -> int:
        """Solutions of a batch."""
        return self._settings.count * self._settings.batch_size

    def random_batches(self) -> int:
        """How many batches of random solutions ``ask`` gives before mutations."""
        missing = self._settings.initial_population - self._emitted_each
        return max(-(-missing // self._settings.batch_size), int(self._archive.empty))

    def ask(self) -> Array:
        """Returns (count x batch_size, solution_dim) solutions."""
        size = self.size
        self._emitted, self._parent_numbers = size, None
        random_phase = self._emitted_each < self._settings.initial_population
        self._emitted_each += self._settings.batch_size
        if random_phase or self._archive.empty:
            return self._random(size)
        return self._mutated(size)

    def tell(  # noqa: B027  (what an emitter has to have)
        self, solutions: Array, objective: Array, measures: Array, add_info: Tree
    ) -> None:
        """Nothing to learn: the archive is all the memory that there is."""

    def state(self) -> Tree:
        """Number of solutions emitted and the generator's state."""
        return {"emitted_each": self._emitted_each, "rng": generator_state(self._rng)}

    def load_state(self, tree: Tree) -> None:
        """Restores ``state()``."""
        self._emitted_each = int(tree["emitted_each"])
        restore_generator(self._rng, tree["rng"])

    def _parents(self, count: int) -> Array:
        """Solutions ((count, solution_dim)) of random elites: copies, to be written to.

        The first of them count as the ``parents`` of the batch that is being made.
        """
        if hasattr(self._archive, "sample_fields"):
            drawn = self._archive.sample_fields(count, ("solution", "evaluation"))
        else:
            drawn = self._archive.sample_elites(count)
        if self._parent_numbers is None:
            self._parent_numbers = drawn.get("evaluation")
        return np.require(drawn["solution"], requirements="W")

    def _random(self, size: int) -> Array:
        """Random solutions ((size, solution_dim)), as the domain draws them."""
        return self._domain.initial_solutions(self._rng, size)

    @abstractmethod
    def _mutated(self, size: int) -> Array:
        """Mutations ((size, solution_dim)) of elites, of which there are some."""
