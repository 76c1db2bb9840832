"""The inner loop: quality diversity on predictions alone (Bhatt et al. 2022, algorithm 1).

As published it begins with an empty archive and random solutions. Here, unless told otherwise, it
begins with the real elites, as SAIL does (Gaier, Asteroth and Mouret 2018): parents are then real
from the first iteration on, and no prediction is spent on finding again what is known.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dsage_mpi.archives.grid import GridArchives
from dsage_mpi.core.domain import Array
from dsage_mpi.core.seeding import Purpose, generator, integer_seed
from dsage_mpi.search.archive import start_from, surrogate_archive
from dsage_mpi.search.emitters import build_emitters
from dsage_mpi.search.emitters.base import Emitter, parents_of
from dsage_mpi.search.emitters.tensors import MutatesTensors
from dsage_mpi.search.native_archive import NativeGridArchive
from dsage_mpi.search.tensor_loop import TensorPredict, search_on_tensors

if TYPE_CHECKING:
    from ribs.archives import ArchiveBase

    from dsage_mpi.search.problem import Problem


class Predicted(NamedTuple):
    """What the surrogate believes about ``n`` solutions."""

    objective: Array  # (n,) float64
    measures: Array  # (n, k) float64
    levels: Array  # (n, H, W) or (n, d): what the surrogate was shown
    #: (n, 1 + k) float64 how far the members of an ensemble disagree; empty without one.
    spread: Array = np.empty((0, 0))

    def beliefs(self) -> Array:
        """What is believed of each ((n, 1 + k) or (n, 2 + 2k)), as `Calibration` takes it."""
        return np.column_stack([self.objective, self.measures, self.spread])


Predict = Callable[[Array], Predicted]


def inner_loop(
    problem: Problem,
    predict: Predict,
    iteration: int,
    on_progress: Callable[[int], None] | None = None,
    steps: int | None = None,
    on_tensors: TensorPredict | None = None,
) -> ArchiveBase:
    """Exploits the surrogate with fresh emitters.

    Args:
        problem: What is searched; ``inner_loop.start = "archive"`` begins with its real elites.
        predict: The surrogate's prediction for a batch of solutions ((n, solution_dim)).
        iteration: Outer iteration, which names the random streams.
        on_progress: Called with the number of inner iterations done, after each or some of them.
        steps: Inner iterations; None: ``inner_loop.iterations``.
        on_tensors: The same surrogate for a loop on its device, if all takes place there; archive
            and emitters have to be of kinds that can.

    Returns:
        The surrogate archive: the best solution known or predicted of every cell reached.
    """
    config, domain = problem.config, problem.domain
    archive = _empty_archive(problem, iteration)
    if config.inner_loop.start == "archive":
        start_from(archive, problem.ground_truth)
    rng = generator(config.seed, Purpose.INNER_LOOP, iteration, 1)
    emitters = build_emitters(archive, domain, config.emitters, rng)
    count = steps or int(config.inner_loop.iterations)
    if on_tensors is None:
        _search(archive, emitters, predict, range(count), on_progress)
        return archive
    assert isinstance(archive, NativeGridArchive)  # checked by the schema, as is what emits
    assert isinstance(emitters, MutatesTensors)
    at_random = min(emitters.random_batches(), count)
    _search(archive, emitters, predict, range(at_random), on_progress)
    search_on_tensors(archive, emitters, on_tensors, range(at_random, count), on_progress)
    return archive


def _search(
    archive: ArchiveBase,
    emitters: Emitter,
    predict: Predict,
    steps: range,
    on_progress: Callable[[int], None] | None,
) -> None:
    for step in steps:
        solutions = emitters.ask()
        objective, measures, levels, spread = predict(solutions)
        fields = {"level": levels, "evaluation": parents_of(emitters, len(solutions))}
        if spread.size:
            fields["spread"] = spread
        add_info = archive.add(solutions, objective, measures, **fields)
        emitters.tell(solutions, objective, measures, add_info)
        if on_progress is not None:
            on_progress(step + 1)


def _empty_archive(problem: Problem, iteration: int) -> ArchiveBase:
    """An archive for predictions: of our own code for grids, unless pyribs' is asked for."""
    archives, config = problem.archives, problem.config
    seed = integer_seed(config.seed, Purpose.INNER_LOOP, iteration, 0)
    make = None
    if config.inner_loop.archive != "pyribs" and type(archives) is GridArchives:
        make = partial(NativeGridArchive, dims=archives.dims)
    ensemble = config.surrogate.members > 1
    return surrogate_archive(archives, problem.domain, seed, make, spread=ensemble)
