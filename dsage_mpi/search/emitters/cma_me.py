"""CMA-ME improvement emitters (Fontaine et al. 2020), through pyribs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dsage_mpi.core.domain import Array
from dsage_mpi.core.state import Tree
from dsage_mpi.search.archive import places
from dsage_mpi.search.pyribs_adapter import (
    emitter_state,
    evolution_strategy_emitter,
    load_emitter_state,
)

if TYPE_CHECKING:
    from ribs.archives import ArchiveBase

    from dsage_mpi.config.tables import EmitterSettings
    from dsage_mpi.core.domain import Domain


class CmaMeEmitters:
    """``count`` improvement emitters: ranking "2imp", selection "filter".

    They begin at x0 = 0, as published, or at elites spread over the archive if it has any.
    """

    def __init__(
        self,
        archive: ArchiveBase,
        domain: Domain,
        settings: EmitterSettings,
        rng: np.random.Generator,
    ) -> None:
        self._batch_size = settings.batch_size
        seeds = rng.integers(2**63, size=settings.count)
        starts = _starts(archive, domain, settings.count, rng)
        self._emitters = [
            evolution_strategy_emitter(
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
        return {f"{k:04d}": emitter_state(e) for k, e in enumerate(self._emitters)}

    def load_state(self, tree: Tree) -> None:
        """Restores ``state()``."""
        for number, emitter in enumerate(self._emitters):
            load_emitter_state(emitter, tree[f"{number:04d}"])


def _starts(archive: ArchiveBase, domain: Domain, count: int, rng: np.random.Generator) -> Array:
    """Where the emitters begin ((count, solution_dim)): far from each other in measure space."""
    if archive.empty:
        return np.zeros((count, domain.solution_dim))
    first = int(rng.integers(len(archive)))
    return np.asarray(archive.data("solution")[farthest_points(places(archive), first, count)])


def farthest_points(places: Array, first: int, count: int) -> list[int]:
    """Indices of ``count`` of the places ((n, k)), each the farthest from those before it."""
    chosen, distance = [first], np.full(len(places), np.inf)
    while len(chosen) < count:
        distance = np.minimum(distance, np.square(places - places[chosen[-1]]).sum(axis=1))
        chosen.append(int(distance.argmax()))
    return chosen
