"""One improvement emitter of CMA-ME (Fontaine et al. 2020) on pyribs' CMA-ES.

What pyribs' ``EvolutionStrategyEmitter`` emits with ranking "2imp", selection "filter" and restarts
"no_improvement", to the last bit, as a test shows. Around arrays of 30 x 32 numbers it spends most
of its time on other things: looking for BLAS libraries at every call, checking arguments, compiling
with Numba. They are left out, or done once; the arithmetic is pyribs'.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from ribs.emitters.opt import CMAEvolutionStrategy
from threadpoolctl import ThreadpoolController

from dsage_mpi.core.domain import Array
from dsage_mpi.core.state import Tree
from dsage_mpi.search.emitters.base import generator_state, restore_generator

if TYPE_CHECKING:
    from ribs.archives import GridArchive

_STRATEGY_FIELDS = ("current_eval", "mean", "sigma", "pc", "ps")
_MATRIX_FIELDS = (
    "cov",
    "eigenbasis",
    "eigenvalues",
    "condition_number",
    "invsqrt",
    "updated_eval",
)


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


def _source(name: str) -> Any:
    """A function of pyribs' CMA-ES without what is wrapped around it."""
    function = getattr(CMAEvolutionStrategy, name)
    return getattr(function, "py_func", getattr(function, "__wrapped__", function))


class _Strategy(CMAEvolutionStrategy):  # type: ignore[misc]  # pyribs has no types
    """pyribs' CMA-ES: neither compiled nor, by itself, limited to one thread."""

    ask = _source("ask")
    tell = _source("tell")
    _transform_and_check_sol = staticmethod(_source("_transform_and_check_sol"))
    _calc_cov_update = staticmethod(_source("_calc_cov_update"))

    def __init__(self, **arguments: Any) -> None:
        self._parameters: dict[int, Any] = {}
        super().__init__(**arguments)

    def _calc_strat_params(self, num_parents: int) -> Any:
        """Weights and learning rates, which so many parents have every time."""
        number = int(num_parents)
        if number not in self._parameters:
            self._parameters[number] = super()._calc_strat_params(num_parents)
        return self._parameters[number]


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
        self, archive: GridArchive, start: Array, sigma0: float, batch_size: int, seed: int
    ) -> None:
        self._archive = archive
        self._strategy = _Strategy(
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
        """Distribution parameters, counters and generator.

        pyribs offers no way to save them: they are read and set by name, which is why ``ribs`` is
        pinned to one minor version and why a test compares a restored emitter with one that went
        on.
        """
        strategy = self._strategy
        tree: Tree = {name: np.array(getattr(strategy, name)) for name in _STRATEGY_FIELDS}
        tree |= {f"matrix_{name}": np.array(getattr(strategy.cov, name)) for name in _MATRIX_FIELDS}
        tree["rng"] = generator_state(strategy._rng)
        tree["iterations"] = self._iterations
        tree["restarts"] = self._restarts
        return tree

    def load_state(self, tree: Tree) -> None:
        """Restores ``state()``."""
        strategy = self._strategy
        for name in _STRATEGY_FIELDS:
            setattr(strategy, name, _unwrap(tree[name]))
        for name in _MATRIX_FIELDS:
            setattr(strategy.cov, name, _unwrap(tree[f"matrix_{name}"]))
        restore_generator(strategy._rng, tree["rng"])
        self._iterations = int(tree["iterations"])
        self._restarts = int(tree["restarts"])


def _unwrap(array: Array) -> Array:
    """Scalars as NumPy scalars (0-d arrays would alias under in-place arithmetic)."""
    array = np.array(array)
    return array[()] if array.ndim == 0 else array  # type: ignore[no-any-return]
