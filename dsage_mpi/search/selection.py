"""Choosing elites of the surrogate archive for real evaluation (Bhatt et al. 2022, section 3).

Every rule returns positions into ``archive.data()``, in random order: a budget that cuts the
list short then cuts it without favouring a corner of measure space.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from ribs.archives import GridArchive

if TYPE_CHECKING:
    from dsage_mpi.config.schema import SelectionSettings

Indices = NDArray[np.int64]


def select(
    settings: SelectionSettings,
    surrogate: GridArchive,
    ground_truth: GridArchive,
    rng: np.random.Generator,
) -> Indices:
    """Positions of the elites to evaluate, in evaluation order.

    Args:
        settings: The rule and its parameters.
        surrogate: Archive of predicted elites.
        ground_truth: Archive of real elites (same grid).
        rng: Stream of this outer iteration's selection.

    Returns:
        (n,) int64 distinct positions into ``surrogate.data()``.
    """
    order = rng.permutation(len(surrogate))
    cells = np.asarray(surrogate.data("index"))
    if settings.kind == "all":
        return order
    if settings.kind == "downsample":
        assert settings.coarse_dims is not None  # checked by the schema
        return _one_per_coarse_cell(order, coarse_cells(surrogate, cells, settings.coarse_dims))
    assert settings.count is not None  # checked by the schema
    if settings.kind == "random":
        return order[: settings.count]
    occupied = np.isin(cells[order], np.asarray(ground_truth.data("index")))
    empty_first = np.argsort(occupied, kind="stable")[: settings.count]
    return np.asarray(order[empty_first])


def coarse_cells(
    archive: GridArchive, cells: NDArray[np.int32], coarse_dims: tuple[int, ...]
) -> NDArray[np.int64]:
    """Coarse cell ((n,) flat index) that covers each fine cell.

    The coarse dims divide the fine ones, so that every coarse cell is a block of whole fine ones.
    """
    factors = np.asarray(archive.dims) // np.asarray(coarse_dims)
    grid = archive.int_to_grid_index(cells) // factors
    return np.asarray(np.ravel_multi_index(tuple(grid.T), coarse_dims), dtype=np.int64)


def _one_per_coarse_cell(order: Indices, coarse: NDArray[np.int64]) -> Indices:
    """First position in ``order`` of every coarse cell: uniform among the cell's elites."""
    _, first = np.unique(coarse[order], return_index=True)
    return order[np.sort(first)]
