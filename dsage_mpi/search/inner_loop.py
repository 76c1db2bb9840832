"""The inner loop: quality diversity on predictions alone (Bhatt et al. 2022, algorithm 1)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ribs.archives import GridArchive

from dsage_mpi.domains.base import Array
from dsage_mpi.search.archive import surrogate_archive
from dsage_mpi.search.emitters import build_emitters
from dsage_mpi.seeding import Purpose, generator, integer_seed

if TYPE_CHECKING:
    from dsage_mpi.config.schema import Config
    from dsage_mpi.domains.base import Domain

#: Solutions ((n, solution_dim)) -> predicted objective ((n,)) and measures ((n, k)).
Predict = Callable[[Array], tuple[Array, Array]]


def inner_loop(
    config: Config,
    domain: Domain,
    predict: Predict,
    iteration: int,
    on_progress: Callable[[int], None] | None = None,
) -> GridArchive:
    """Exploits the surrogate with fresh emitters on a fresh archive.

    Args:
        config: Uses ``archive``, ``emitters``, ``inner_loop`` and ``seed``.
        domain: Gives the solution space.
        predict: The surrogate's prediction for a batch of solutions.
        iteration: Outer iteration, which names the random streams.
        on_progress: Called after each inner iteration with the number done.

    Returns:
        The surrogate archive: the best predicted solution of every cell reached.
    """
    archive = surrogate_archive(
        config.archive, domain, integer_seed(config.seed, Purpose.INNER_LOOP, iteration, 0)
    )
    rng = generator(config.seed, Purpose.INNER_LOOP, iteration, 1)
    emitters = build_emitters(archive, domain, config.emitters, rng)
    for step in range(config.inner_loop.iterations):
        solutions = emitters.ask()
        objective, measures = predict(solutions)
        add_info = archive.add(solutions, objective, measures)
        emitters.tell(solutions, objective, measures, add_info)
        if on_progress is not None:
            on_progress(step + 1)
    return archive
