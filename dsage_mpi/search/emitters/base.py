"""What an emitter is."""

from __future__ import annotations

from typing import Protocol

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
