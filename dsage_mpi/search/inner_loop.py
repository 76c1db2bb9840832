"""The inner loop: quality diversity on predictions alone (Bhatt et al. 2022, algorithm 1).

As published it begins with an empty archive and random solutions. Here, unless told otherwise, it
begins with the real elites, as SAIL does (Gaier, Asteroth and Mouret 2018): parents are then real
from the first iteration on, and no prediction is spent on finding again what is known.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from ribs.archives import GridArchive

from dsage_mpi.core.domain import Array
from dsage_mpi.core.seeding import Purpose, generator, integer_seed
from dsage_mpi.search.archive import start_from, surrogate_archive
from dsage_mpi.search.emitters import build_emitters

if TYPE_CHECKING:
    from dsage_mpi.config.schema import Config
    from dsage_mpi.core.domain import Domain


class Predicted(NamedTuple):
    """What the surrogate believes about ``n`` solutions."""

    objective: Array  # (n,) float64
    measures: Array  # (n, k) float64
    levels: Array  # (n, H, W) or (n, d): what the surrogate was shown


Predict = Callable[[Array], Predicted]


def inner_loop(
    config: Config,
    domain: Domain,
    predict: Predict,
    ground_truth: GridArchive,
    iteration: int,
    on_progress: Callable[[int], None] | None = None,
) -> GridArchive:
    """Exploits the surrogate with fresh emitters.

    Args:
        config: Uses ``archive``, ``emitters``, ``inner_loop`` and ``seed``.
        domain: Gives the solution space.
        predict: The surrogate's prediction for a batch of solutions ((n, solution_dim)).
        ground_truth: Archive of real elites; ``inner_loop.start = "archive"`` begins with them.
        iteration: Outer iteration, which names the random streams.
        on_progress: Called after each inner iteration with the number done.

    Returns:
        The surrogate archive: the best solution known or predicted of every cell reached.
    """
    archive = surrogate_archive(
        config.archive, domain, integer_seed(config.seed, Purpose.INNER_LOOP, iteration, 0)
    )
    if config.inner_loop.start == "archive":
        start_from(archive, ground_truth)
    rng = generator(config.seed, Purpose.INNER_LOOP, iteration, 1)
    emitters = build_emitters(archive, domain, config.emitters, rng)
    for step in range(config.inner_loop.iterations):
        solutions = emitters.ask()
        objective, measures, levels = predict(solutions)
        add_info = archive.add(solutions, objective, measures, level=levels)
        emitters.tell(solutions, objective, measures, add_info)
        if on_progress is not None:
            on_progress(step + 1)
    return archive
