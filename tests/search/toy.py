"""A real, tiny domain for tests of the search: no simulator, but a Domain's solution space."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dsage_mpi.archives.grid import GridSettings


@dataclass
class BitDomain:
    """Bit strings; measures are the numbers of ones in the two halves."""

    solution_dim: int = 16
    solution_values: int = 2
    solution_dtype = np.dtype(np.int8)
    level_shape = (4, 4)
    metadata_names = ("ones",)
    solution_kind = "discrete"

    def initial_solutions(self, rng, count):
        return rng.integers(2, size=(count, self.solution_dim)).astype(np.int8)

    def predict(self, solutions):
        halves = solutions.reshape(len(solutions), 2, -1).sum(axis=2).astype(float)
        return solutions[:, 0].astype(float), halves


@dataclass
class LatentDomain(BitDomain):
    """Real vectors for CMA-ME."""

    solution_dtype = np.dtype(np.float64)
    solution_kind = "continuous"

    def initial_solutions(self, rng, count):
        return rng.normal(0.0, 0.2, (count, self.solution_dim))

    def predict(self, solutions):
        return -np.square(solutions).sum(axis=1), solutions[:, :2]


ARCHIVE = GridSettings(measures=("a", "b"), dims=(8, 8), ranges=((0.0, 8.0), (0.0, 8.0)))
