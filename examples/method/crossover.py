"""A method of one's own: children of two elites each, and some random solutions."""

from __future__ import annotations

import numpy as np
from pydantic import Field

from dsage_mpi import MethodBase, Proposal, Purpose, Settings, generator


class CrossoverSearch(MethodBase):
    """Children of two random elites each, and some random solutions; no surrogate."""

    USES_SURROGATE = False
    #: Columns of metrics.csv that it fills.
    COLUMNS = {"random_share": "share of the proposed solutions that are random, 0 to 1"}

    class Settings(Settings):
        """Keys of ``[algorithm.settings]``."""

        batch: int = Field(20, ge=1, description="Solutions per outer iteration.")
        random: float = Field(0.25, ge=0, le=1, description="Share of random solutions.")

    def propose(self, iteration):
        """Solutions of one outer iteration; all randomness is named by its number."""
        config = self.context.config
        rng = generator(config.seed, Purpose.EMITTER, iteration)
        solutions = self.context.domain.initial_solutions(rng, config.algorithm.own.batch)
        children = 0
        if not self.context.archive.empty:
            children = round((1 - config.algorithm.own.random) * len(solutions))
            elites = self._elites()
            parents = elites[rng.integers(len(elites), size=(2, children))]
            mask = rng.random(parents[0].shape) < 0.5
            solutions[:children] = np.where(mask, *parents)
        return Proposal(solutions, notes={"random_share": 1 - children / len(solutions)})

    def _elites(self):
        """Solutions of all elites, in the order of their cells."""
        data = self.context.archive.data(["solution", "index"])
        return data["solution"][np.argsort(data["index"])]
