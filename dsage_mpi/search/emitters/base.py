"""What an emitter is."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from dsage_mpi.core.domain import Array
from dsage_mpi.core.state import Tree


class Emitter(Protocol):
    """Proposes batches of solutions (ask) and learns from their evaluation (tell).

    It may have a property ``parents`` (``parents_of``), which people look at and no search needs.
    """

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


#: What stands for the parent of a solution that has none.
NO_PARENT = -1


def parents_of(emitter: Emitter, count: int) -> NDArray[np.int64]:
    """Of which simulated levels the ``count`` solutions that an emitter just gave are mutations.

    Returns:
        (count,) numbers of evaluations; ``NO_PARENT`` where there is none, as for random solutions
        and samples of a distribution, or where the emitter does not tell (``Emitter.parents``).
    """
    told = getattr(emitter, "parents", None)
    numbers = None if told is None else np.asarray(told)
    if numbers is None or numbers.shape != (count,) or numbers.dtype.kind not in "iu":
        return np.full(count, NO_PARENT, np.int64)
    return np.where(numbers < 2**63, numbers, NO_PARENT).astype(np.int64)
