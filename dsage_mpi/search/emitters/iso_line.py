"""MAP-Elites emitter for continuous solutions: "Iso+LineDD" (Vassiliades and Mouret 2018)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from dsage_mpi.core.domain import Array
from dsage_mpi.search.emitters.mutation import MutationEmitter

if TYPE_CHECKING:
    from torch import Tensor


class IsoLineEmitter(MutationEmitter):
    """Solutions of the domain's initial distribution, then steps from elites.

    For random elites a and b the step is

        x = a + iso_sigma * N(0, I) + line_sigma * N(0, 1) * (b - a)

    With ``line_sigma = 0`` that is a Gaussian mutation.
    """

    PARENTS: ClassVar[int] = 2

    def _random(self, size: int) -> Array:
        return self._domain.initial_solutions(self._rng, size)

    def _mutated(self, size: int) -> Array:
        parents = self._parents(self.PARENTS * size)
        return np.asarray(self._stepped(parents, self.draw()))

    def draw(self) -> dict[str, Array]:
        """Standard normal numbers: in every direction, and along the line ((batch, 1))."""
        return {
            "isotropic": self._rng.standard_normal((self.size, self._domain.solution_dim)),
            "line": self._rng.standard_normal((self.size, 1)),
        }

    def mutated_tensors(self, parents: Tensor, drawn: dict[str, Tensor]) -> Tensor:
        """Steps from the first half of the elites, towards or from those of the second."""
        solutions: Tensor = self._stepped(parents, drawn)
        return solutions

    def _stepped(self, parents: Any, drawn: dict[str, Any]) -> Any:
        """The same operations in the same order for arrays and tensors."""
        start, other = parents[: self.size], parents[self.size :]
        isotropic = self._settings.iso_sigma * drawn["isotropic"]
        line = self._settings.line_sigma * drawn["line"]
        return start + isotropic + line * (other - start)
