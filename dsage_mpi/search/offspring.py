"""Offspring of real elites: what to simulate where the surrogate has too little to propose."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dsage_mpi.core.domain import Array
from dsage_mpi.core.seeding import Purpose, generator, integer_seed
from dsage_mpi.search.archive import start_from, surrogate_archive
from dsage_mpi.search.emitters import build_emitters
from dsage_mpi.search.emitters.base import parents_of
from dsage_mpi.search.seen import SeenLevels

if TYPE_CHECKING:
    from dsage_mpi.search.problem import Problem
    from dsage_mpi.search.selection import Simulated

#: Batches that are asked for before a solution space counts as exhausted.
_BATCHES = 100


def unseen_offspring(
    problem: Problem,
    levels_of: Callable[[Array], Array],
    simulated: Simulated,
    count: int,
    iteration: int,
    on_progress: Callable[[int], None] = lambda found: None,
) -> tuple[Array, NDArray[np.int64]]:
    """Solutions that emitters on the real elites emit, none of which has been simulated.

    Args:
        problem: What is searched.
        levels_of: Solutions ((n, solution_dim)) to levels ((n, H, W) or (n, d)).
        simulated: Tells which levels are known.
        count: How many are wanted.
        iteration: Outer iteration, which names the random streams.
        on_progress: Called with the number found so far before every batch.

    Returns:
        (n, solution_dim) with n = ``count``, or less where next to nothing is unknown; and (n,)
        evaluations that they are offspring of (``parents_of``).
    """
    config, domain = problem.config, problem.domain
    seed = integer_seed(config.seed, Purpose.SELECTION, iteration, 0)
    archive = surrogate_archive(problem.archives, domain, seed)
    start_from(archive, problem.ground_truth)
    rng = generator(config.seed, Purpose.SELECTION, iteration, 1)
    emitters = build_emitters(archive, domain, config.emitters, rng)
    found = np.empty((0, domain.solution_dim), domain.solution_dtype)
    parents = np.empty(0, np.int64)
    own = SeenLevels()
    for _ in range(_BATCHES):
        if len(found) >= count:
            break
        on_progress(len(found))
        solutions = np.asarray(emitters.ask())
        levels = levels_of(solutions)
        _, first = np.unique(levels.reshape(len(levels), -1), axis=0, return_index=True)
        fresh = np.zeros(len(levels), np.bool_)
        fresh[first] = True
        fresh &= ~simulated(levels) & ~own(levels)
        own.add(levels[fresh])
        found = np.concatenate([found, solutions[fresh]])
        parents = np.concatenate([parents, parents_of(emitters, len(solutions))[fresh]])
    return found[:count], parents[:count]
