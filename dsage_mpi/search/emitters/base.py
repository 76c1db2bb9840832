"""What an emitter is, and the state of random generators."""

from __future__ import annotations

import json
from typing import Protocol

import numpy as np

from dsage_mpi.core.domain import Array
from dsage_mpi.core.state import Tree


class Emitter(Protocol):
    """Proposes batches of solutions (ask) and learns from their evaluation (tell)."""

    def ask(self) -> Array:
        """Returns the next batch ((batch, solution_dim))."""
        ...

    def tell(self, solutions: Array, objective: Array, measures: Array, add_info: Tree) -> None:
        """Learns from one batch.

        Args:
            solutions: (batch, solution_dim) as returned by ``ask``.
            objective: (batch,) float64; finite also for failed evaluations.
            measures: (batch, k) float64; finite also for failed evaluations.
            add_info: "status" ((batch,) int32) and "value" ((batch,) float64) of the archive's
                ``add``; failed evaluations have status 0.
        """
        ...

    def state(self) -> Tree:
        """Everything that a restart needs."""
        ...

    def load_state(self, tree: Tree) -> None:
        """Restores ``state()``."""
        ...


def generator_state(rng: np.random.Generator) -> str:
    """State of a NumPy generator as JSON text (no pickles)."""
    return json.dumps(rng.bit_generator.state)


def restore_generator(rng: np.random.Generator, text: str) -> None:
    """Sets ``rng`` to a state from ``generator_state``."""
    rng.bit_generator.state = json.loads(text)
