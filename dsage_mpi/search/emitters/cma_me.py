"""CMA-ME improvement emitters (Fontaine et al. 2020), through pyribs.

pyribs offers no way to save an ``EvolutionStrategyEmitter``; its few numbers are read and set
here by name, which is why ``ribs`` is pinned to one minor version and why a test compares a
restored emitter with one that went on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from ribs.emitters import EvolutionStrategyEmitter
from ribs.emitters.opt import CMAEvolutionStrategy

from dsage_mpi.core.domain import Array
from dsage_mpi.core.state import Tree
from dsage_mpi.search.emitters.base import generator_state, restore_generator

if TYPE_CHECKING:
    from ribs.archives import GridArchive

    from dsage_mpi.config.tables import EmitterSettings
    from dsage_mpi.core.domain import Domain

#: What pyribs has Numba compile in every new process, for seconds: a few NumPy calls each.
_COMPILED = ("_transform_and_check_sol", "_calc_cov_update")
_STRATEGY_FIELDS = ("current_eval", "mean", "sigma", "pc", "ps")
_MATRIX_FIELDS = (
    "cov",
    "eigenbasis",
    "eigenvalues",
    "condition_number",
    "invsqrt",
    "updated_eval",
)


class CmaMeEmitters:
    """``count`` improvement emitters: ranking "2imp", selection "filter".

    They begin at x0 = 0, as published, or at elites spread over the archive if it has any.
    """

    def __init__(
        self,
        archive: GridArchive,
        domain: Domain,
        settings: EmitterSettings,
        rng: np.random.Generator,
    ) -> None:
        _leave_uncompiled()
        self._batch_size = settings.batch_size
        seeds = rng.integers(2**63, size=settings.count)
        starts = _starts(archive, domain, settings.count, rng)
        self._emitters = [
            EvolutionStrategyEmitter(
                archive,
                x0=x0,
                sigma0=settings.sigma0,
                ranker="2imp",
                selection_rule="filter",
                restart_rule="no_improvement",
                batch_size=settings.batch_size,
                seed=int(seed),
            )
            for seed, x0 in zip(seeds, starts, strict=True)
        ]

    def ask(self) -> Array:
        """Returns (count x batch_size, solution_dim) solutions."""
        return np.concatenate([emitter.ask() for emitter in self._emitters])

    def tell(self, solutions: Array, objective: Array, measures: Array, add_info: Tree) -> None:
        """Gives each emitter its own part of the batch."""
        for number, emitter in enumerate(self._emitters):
            part = slice(number * self._batch_size, (number + 1) * self._batch_size)
            if emitter.archive.empty and not add_info["status"][part].any():
                # Nothing has ever succeeded: there is no elite to restart from yet.
                continue
            emitter.tell(
                solutions[part],
                objective[part],
                measures[part],
                {name: values[part] for name, values in add_info.items()},
            )

    def state(self) -> Tree:
        """Distribution parameters, counters and generator of every emitter."""
        return {f"{k:04d}": _emitter_state(e) for k, e in enumerate(self._emitters)}

    def load_state(self, tree: Tree) -> None:
        """Restores ``state()``."""
        for number, emitter in enumerate(self._emitters):
            _load_emitter_state(emitter, tree[f"{number:04d}"])


def _starts(archive: GridArchive, domain: Domain, count: int, rng: np.random.Generator) -> Array:
    """Where the emitters begin ((count, solution_dim)): far from each other in measure space."""
    if archive.empty:
        return np.zeros((count, domain.solution_dim))
    data = archive.data(["solution", "index"])
    places = archive.int_to_grid_index(data["index"]) / np.asarray(archive.dims)
    first = int(rng.integers(len(places)))
    return np.asarray(data["solution"][farthest_points(places, first, count)])


def farthest_points(places: Array, first: int, count: int) -> list[int]:
    """Indices of ``count`` of the places ((n, k)), each the farthest from those before it."""
    chosen, distance = [first], np.full(len(places), np.inf)
    while len(chosen) < count:
        distance = np.minimum(distance, np.square(places - places[chosen[-1]]).sum(axis=1))
        chosen.append(int(distance.argmax()))
    return chosen


def _leave_uncompiled() -> None:
    """Replaces compiled functions of pyribs by their Python source, which does the same."""
    for name in _COMPILED:
        source = getattr(getattr(CMAEvolutionStrategy, name), "py_func", None)
        if source is not None:
            setattr(CMAEvolutionStrategy, name, staticmethod(source))


def _emitter_state(emitter: EvolutionStrategyEmitter) -> Tree:
    strategy = emitter._opt
    tree: Tree = {name: np.array(getattr(strategy, name)) for name in _STRATEGY_FIELDS}
    tree |= {f"matrix_{name}": np.array(getattr(strategy.cov, name)) for name in _MATRIX_FIELDS}
    tree["rng"] = generator_state(strategy._rng)
    tree["iterations"] = int(emitter._itrs)
    tree["restarts"] = int(emitter._restarts)
    return tree


def _load_emitter_state(emitter: EvolutionStrategyEmitter, tree: Tree) -> None:
    strategy = emitter._opt
    for name in _STRATEGY_FIELDS:
        setattr(strategy, name, _unwrap(tree[name]))
    for name in _MATRIX_FIELDS:
        setattr(strategy.cov, name, _unwrap(tree[f"matrix_{name}"]))
    restore_generator(strategy._rng, tree["rng"])
    emitter._itrs = int(tree["iterations"])
    emitter._restarts = int(tree["restarts"])


def _unwrap(array: Array) -> Array:
    """Scalars as NumPy scalars (0-d arrays would alias under in-place arithmetic)."""
    array = np.array(array)
    return array[()] if array.ndim == 0 else array  # type: ignore[no-any-return]
