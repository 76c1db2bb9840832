"""One improvement emitter of CMA-ME (Fontaine et al. 2020) on pyribs' CMA-ES.

What pyribs' ``EvolutionStrategyEmitter`` emits with ranking "2imp", selection "filter" and restarts
"no_improvement", to the last bit, as a test shows. Around arrays of 30 x 32 numbers it spends most
of its time on other things: looking for BLAS libraries at every call, checking arguments, compiling
with Numba. They are left out, or done once; the arithmetic is pyribs'.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from threadpoolctl import ThreadpoolController

from dsage_mpi.core.domain import Array
from dsage_mpi.core.state import Tree
from dsage_mpi.search.pyribs_adapter import BareStrategy, load_strategy_state, strategy_state

if TYPE_CHECKING:
    from ribs.archives import ArchiveBase


class OneBlasThread:
    """A context in which BLAS uses one thread, as pyribs does for such small matrices.

    Sums would otherwise be split over threads and rounded differently. Libraries are looked for
    once, when this is made.
    """

    def __init__(self) -> None:
        self._libraries = ThreadpoolController().select(user_api="blas").lib_controllers
        self._limited: list[tuple[Any, int]] = []

    def __enter__(self) -> None:
        self._limited = [(lib, n) for lib in self._libraries if (n := lib.num_threads) != 1]
        for library, _ in self._limited:
            library.set_num_threads(1)

    def __exit__(self, *error: object) -> None:
        for library, threads in self._limited:
            library.set_num_threads(threads)


class ImprovementEmitter:
    """Samples around a mean and moves it to where the archive improved.

    Parents are the solutions that got into the archive, those of new cells first. Where none did,
    or the distribution has degenerated, it starts again from a random elite.

    Args:
        archive: What is improved.
        start: (solution_dim,) first mean.
        sigma0: First step size.
        batch_size: Solutions per call of ``ask``.
        seed: Of its random numbers.
    """

    def __init__(
        self, archive: ArchiveBase, start: Array, sigma0: float, batch_size: int, seed: int
    ) -> None:
        self._archive = archive
        self._strategy = BareStrategy(
            sigma0=sigma0,
            solution_dim=len(start),
            batch_size=batch_size,
            # The first of the seeds that pyribs' emitter derives.
            seed=np.random.SeedSequence(seed).spawn(1)[0],
            dtype=archive.dtypes["solution"],
        )
        self._strategy.reset(start)
        self._iterations = self._restarts = 0

    def ask(self) -> Array:
        """Returns (batch_size, solution_dim) solutions."""
        solutions: Array = self._strategy.ask()
        return solutions

    def tell(self, status: Array, value: Array) -> None:
        """Learns what the archive's ``add`` said of the batch ((batch_size,) each)."""
        self._iterations += 1
        order = np.lexsort((value, status))[::-1]
        ranking = np.stack((status, value), axis=1)
        added = np.count_nonzero(status)
        self._strategy.tell(order, ranking, added)
        if added == 0 or self._strategy.check_stop(ranking[order]):
            self._strategy.reset(self._archive.sample_elites(1)["solution"][0])
            self._restarts += 1

    def state(self) -> Tree:
        """Distribution parameters, counters and generator."""
        counters = {"iterations": self._iterations, "restarts": self._restarts}
        return {**strategy_state(self._strategy), **counters}

    def load_state(self, tree: Tree) -> None:
        """Restores ``state()``."""
        load_strategy_state(self._strategy, tree)
        self._iterations = int(tree["iterations"])
        self._restarts = int(tree["restarts"])
