"""Levels of an archive as pictures with the agent's path, where that costs next to nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dsage_mpi.core.domain import DomainError, renderer
from dsage_mpi.core.seeding import evaluation_seeds
from dsage_mpi.report.export import ArchiveTable
from dsage_mpi.report.figures.gallery import Render


def elite_renderer(domain: Any, table: ArchiveTable, run_seed: int) -> Render | None:
    """What draws the levels of an archive.

    With the path of the first rollout where a domain can tell ways without a process of its own
    (``paths``, ``core/tile_sheets.py``); the levels alone otherwise.

    Args:
        domain: The environment family.
        table: The archive.
        run_seed: Names the streams of its evaluations.

    Returns:
        None where levels cannot be drawn.
    """
    bare = renderer(domain)
    if bare is None or not (hasattr(domain, "paths") and hasattr(domain, "film")):
        return bare
    rows = {table.level[row].tobytes(): row for row in reversed(range(len(table)))}

    def draw(level: NDArray[Any]) -> NDArray[np.uint8]:
        row = rows.get(np.asarray(level).tobytes(), -1)
        number = int(table.evaluation[row]) if row >= 0 else -1
        if number >= 0:
            seeds = evaluation_seeds(run_seed, number, 1)
            try:
                film = domain.film(domain.tasks(table.solution[row : row + 1], seeds), 0)
                return np.asarray(film.still(), np.uint8)
            except DomainError:  # a maze without two free cells side by side
                pass
        return np.asarray(bare(level), np.uint8)

    return draw
