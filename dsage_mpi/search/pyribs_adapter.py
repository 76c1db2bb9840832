"""All that this package takes of pyribs' inside, in one place: the state of its emitters.

pyribs has no way to save an ``EvolutionStrategyEmitter`` or the generator of an archive. What is
read and set here by name is listed in ``PRIVATE``, which a test compares with the pyribs that is
installed; ``ribs`` is pinned to one minor version. Nothing in pyribs itself is replaced.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from ribs.archives import CVTArchive, GridArchive
from ribs.emitters import EvolutionStrategyEmitter
from ribs.emitters.opt import CMAEvolutionStrategy

from dsage_mpi.core.domain import Array
from dsage_mpi.core.seeding import generator_state, restore_generator
from dsage_mpi.core.state import Tree

if TYPE_CHECKING:
    from ribs.archives import ArchiveBase

#: Attributes of objects of these classes that are read or set here, public ones included.
PRIVATE: dict[type, tuple[str, ...]] = {
    GridArchive: ("_rng",),
    CVTArchive: ("_rng",),
    EvolutionStrategyEmitter: ("_opt", "_itrs", "_restarts"),
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


class UncompiledStrategy(CMAEvolutionStrategy):  # type: ignore[misc]  # pyribs' types are not read
    """CMA-ES with the Python source of what pyribs has compiled: a few NumPy calls each."""


for _name in COMPILED:
    _function = getattr(CMAEvolutionStrategy, _name)
    setattr(UncompiledStrategy, _name, staticmethod(getattr(_function, "py_func", _function)))


def evolution_strategy_emitter(archive: ArchiveBase, **arguments: Any) -> EvolutionStrategyEmitter:
    """Returns pyribs' emitter with a CMA-ES that nothing has to be compiled for."""
    return EvolutionStrategyEmitter(archive, es=UncompiledStrategy, **arguments)


def emitter_state(emitter: EvolutionStrategyEmitter) -> Tree:
    """Distribution parameters, counters and generator of an ``EvolutionStrategyEmitter``."""
    strategy = emitter._opt
    tree: Tree = {name: np.array(getattr(strategy, name)) for name in STRATEGY_FIELDS}
    tree |= {f"matrix_{name}": np.array(getattr(strategy.cov, name)) for name in MATRIX_FIELDS}
    tree["rng"] = generator_state(strategy._rng)
    tree["iterations"] = int(emitter._itrs)
    tree["restarts"] = int(emitter._restarts)
    return tree


def load_emitter_state(emitter: EvolutionStrategyEmitter, tree: Tree) -> None:
    """Restores ``emitter_state``."""
    strategy = emitter._opt
    for name in STRATEGY_FIELDS:
        setattr(strategy, name, _unwrap(tree[name]))
    for name in MATRIX_FIELDS:
        setattr(strategy.cov, name, _unwrap(tree[f"matrix_{name}"]))
    restore_generator(strategy._rng, tree["rng"])
    emitter._itrs = int(tree["iterations"])
    emitter._restarts = int(tree["restarts"])


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
