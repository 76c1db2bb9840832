"""Algorithms without a surrogate: emitters whose every solution is evaluated for real.

MAP-Elites, CMA-ME and domain randomization differ in their emitters alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dsage_mpi.core.seeding import Purpose, generator
from dsage_mpi.core.state import Tree
from dsage_mpi.outer.methods.base import Context, Proposal
from dsage_mpi.search.emitters import build_emitters
from dsage_mpi.search.emitters.base import parents_of
from dsage_mpi.search.pyribs_adapter import archive_generator_state, restore_archive_generator

if TYPE_CHECKING:
    from dsage_mpi.outer.record import Batch, EvaluationRecord


class Direct:
    """One batch of all emitters per outer iteration."""

    #: Emitters remember what they were asked for, which their states do not hold.
    keeps_proposals = False

    def __init__(self, context: Context) -> None:
        config = context.config
        self._archive = context.archive
        self._proposed = 0
        self._emitters = build_emitters(
            context.archive,
            context.domain,
            config.emitters,
            generator(config.seed, Purpose.EMITTER),
        )

    def propose(self, iteration: int) -> Proposal:
        """The emitters' next batch."""
        solutions = self._emitters.ask()
        self._proposed = len(solutions)
        return Proposal(solutions, parents=parents_of(self._emitters, len(solutions)))

    def expect(self, pending: Proposal) -> None:
        """Never called: emitters learn from one batch before they emit the next."""

    def assess(self, batch: Batch) -> dict[str, float]:
        """There are no predictions."""
        return {}

    def learn(self, batch: Batch, add_info: Tree) -> None:
        """Tells the emitters, unless the budget cut the batch short: then the run is over."""
        if len(batch) < self._proposed:
            return
        objective = np.zeros(len(batch))
        measures = np.tile(self._archive.lower_bounds, (len(batch), 1))
        objective[batch.succeeded] = batch.evaluations.objective
        measures[batch.succeeded] = batch.evaluations.measures
        self._emitters.tell(batch.solutions, objective, measures, add_info)

    def state(self) -> Tree:
        """Emitters, and the archive's own generator (from which emitters draw elites)."""
        return {
            "search": {"emitters": self._emitters.state()},
            "rng": {"archive": archive_generator_state(self._archive)},
        }

    def load_state(self, tree: Tree, record: EvaluationRecord) -> None:
        """Restores ``state()``."""
        self._emitters.load_state(tree["search"]["emitters"])
        restore_archive_generator(self._archive, tree["rng"]["archive"])


class MapElites(Direct):
    """MAP-Elites (Mouret and Clune 2015): mutations of elites, each of them simulated."""


class CmaMe(Direct):
    """CMA-ME (Fontaine et al. 2020): improvement emitters adapt where the next solutions lie."""


class DomainRandomization(Direct):
    """Domain randomization: random solutions alone, the baseline that learns nothing."""
