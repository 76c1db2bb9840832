"""All that this package takes of pyribs' inside, in one place.

pyribs has no way to save a CMA-ES or the generator of an archive, and none to write a batch into
an archive without looking at every argument again. What is read and set here by name is listed in
``PRIVATE``, which a test compares with the pyribs that is installed; ``ribs`` is pinned to one
minor version. Nothing in pyribs itself is replaced.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from ribs.archives import ArrayStore, CVTArchive, GridArchive
from ribs.emitters.opt import CMAEvolutionStrategy

from dsage_mpi.core.domain import Array
from dsage_mpi.core.seeding import generator_state, restore_generator
from dsage_mpi.core.state import Tree

if TYPE_CHECKING:
    from ribs.archives import ArchiveBase

#: Attributes of objects of these classes that are read or set here, public ones included.
PRIVATE: dict[type, tuple[str, ...]] = {
    GridArchive: ("_rng", "_store"),
    CVTArchive: ("_rng",),
    ArrayStore: ("_fields", "_props"),
    CMAEvolutionStrategy: ("_rng", "current_eval", "mean", "sigma", "pc", "ps", "cov"),
}
#: Functions of the strategy that pyribs has Numba compile in every new process, for seconds.
COMPILED = ("_transform_and_check_sol", "_calc_cov_update")
STRATEGY_FIELDS = ("current_eval", "mean", "sigma", "pc", "ps")
MATRIX_FIELDS = (
    "cov",
    "eigenbasis",
    "eigenvalues",
    "condition_number",
    "invsqrt",
    "updated_eval",
)


def _source(name: str) -> Any:
    """A function of pyribs' CMA-ES without what is wrapped around it."""
    function = getattr(CMAEvolutionStrategy, name)
    return getattr(function, "py_func", getattr(function, "__wrapped__", function))


class BareStrategy(CMAEvolutionStrategy):  # type: ignore[misc]  # pyribs' types are not read
    """pyribs' CMA-ES: neither compiled nor, by itself, limited to one thread of BLAS."""

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


def strategy_state(strategy: BareStrategy) -> Tree:
    """Distribution parameters, counter and generator of a strategy."""
    tree: Tree = {name: np.array(getattr(strategy, name)) for name in STRATEGY_FIELDS}
    tree |= {f"matrix_{name}": np.array(getattr(strategy.cov, name)) for name in MATRIX_FIELDS}
    tree["rng"] = generator_state(strategy._rng)
    return tree


def load_strategy_state(strategy: BareStrategy, tree: Tree) -> None:
    """Restores ``strategy_state``."""
    for name in STRATEGY_FIELDS:
        setattr(strategy, name, _unwrap(tree[name]))
    for name in MATRIX_FIELDS:
        setattr(strategy.cov, name, _unwrap(tree[f"matrix_{name}"]))
    restore_generator(strategy._rng, tree["rng"])


def fields_of(archive: ArchiveBase) -> dict[str, Array]:
    """The columns that an archive keeps its elites in: (cells, ...) each, no copies."""
    fields: dict[str, Array] = archive._store._fields
    return fields


def occupancy_of(archive: ArchiveBase) -> dict[str, Any]:
    """Which cells are occupied, and in what order they came to be; no copies."""
    occupancy: dict[str, Any] = archive._store._props
    return occupancy


def generator_of(archive: ArchiveBase) -> np.random.Generator:
    """The generator that an archive samples elites with."""
    rng: np.random.Generator = archive._rng
    return rng


def archive_generator_state(archive: ArchiveBase) -> str:
    """State of the generator that an archive samples elites with."""
    return generator_state(archive._rng)


def restore_archive_generator(archive: ArchiveBase, text: str) -> None:
    """Restores ``archive_generator_state``."""
    restore_generator(archive._rng, text)


def _unwrap(array: Array) -> Array:
    """Scalars as NumPy scalars (0-d arrays would alias under in-place arithmetic)."""
    array = np.array(array)
    return array[()] if array.ndim == 0 else array  # type: ignore[no-any-return]
