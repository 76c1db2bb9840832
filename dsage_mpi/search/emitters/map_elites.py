"""MAP-Elites emitter for discrete solutions (Bhatt et al. 2022, appendix; Mouret & Clune 2015)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from dsage_mpi.core.domain import Array
from dsage_mpi.search._native import smallest
from dsage_mpi.search.emitters.mutation import MutationEmitter
from dsage_mpi.surrogate.device import any_kernel

if TYPE_CHECKING:
    from torch import Tensor


class MapElitesEmitter(MutationEmitter):
    """Uniform random solutions, then elites of which some positions are overwritten.

    ``mutations`` distinct random positions get uniform random values, so that about half the
    writes change a binary solution.
    """

    PARENTS: ClassVar[int] = 1

    def _random(self, size: int) -> Array:
        values = self._rng.integers(self._domain.solution_values, size=(size, self._dim))
        return values.astype(self._domain.solution_dtype)

    def _mutated(self, size: int) -> Array:
        solutions = self._parents(size)
        drawn = self.draw()
        solutions[np.arange(size)[:, None], drawn["positions"]] = drawn["values"]
        return solutions

    def draw(self) -> dict[str, Array]:
        """Which positions are overwritten, and with what ((batch, mutations) each)."""
        count = min(self._settings.mutations, self._dim)
        # Positions of the smallest of independent uniform keys: distinct and uniform.
        keys = self._rng.random((self.size, self._dim), dtype=np.float32)
        positions = smallest_positions(keys, count)
        values = self._rng.integers(self._domain.solution_values, size=positions.shape)
        return {"positions": positions, "values": values}

    def mutated_tensors(self, parents: Tensor, drawn: dict[str, Tensor]) -> Tensor:
        """Elites ((batch, solution_dim)) with the drawn values at the drawn positions."""
        with any_kernel():
            return parents.scatter(1, drawn["positions"], drawn["values"].to(parents.dtype))

    @property
    def _dim(self) -> int:
        return self._domain.solution_dim


def smallest_positions(keys: Array, count: int) -> NDArray[np.int64]:
    """Positions of each row's smallest numbers, in ascending order.

    Args:
        keys: (n, d) float32, contiguous, without NaN.
        count: How many, at least one and at most d.

    Returns:
        (n, count). Which of two equal numbers is taken, where only one can be, is up to NumPy.
    """
    positions, tied = np.empty((len(keys), count), np.int64), np.empty(len(keys), np.bool_)
    smallest(keys, positions, tied)
    for row in np.flatnonzero(tied):  # one in a hundred thousand
        positions[row] = np.sort(np.argpartition(keys[row], count - 1)[:count])
    return positions
