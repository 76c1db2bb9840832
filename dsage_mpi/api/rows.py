"""Which elites a sheet of several levels shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dsage_mpi.api.cells import RenderError, row_of_cell
from dsage_mpi.report.figures.gallery import select_diverse

if TYPE_CHECKING:
    from dsage_mpi.report.export import ArchiveTable

Rows = NDArray[np.intp]


def rows_of_cells(table: ArchiveTable, cells: Sequence[tuple[int, ...]]) -> Rows:
    """The elites of these cells, in this order.

    Raises:
        RenderError: A cell is empty, or there is none such.
    """
    return np.array([row_of_cell(cell, table) for cell in cells], np.intp)


def rows_along(table: ArchiveTable, measure: str, count: int) -> Rows:
    """Elites in one line through the archive, from small to large values of ``measure``.

    The line is the fullest one: of the cells that differ in that measure alone, those with most
    elites. Of more than ``count`` elites, so many are taken at even distances, both ends included.

    Raises:
        RenderError: The archive has no such measure.
    """
    if measure not in table.measure_names:
        names = ", ".join(table.measure_names)
        raise RenderError(f"--along {measure}: the archive has no such measure; expected {names}")
    if len(table.centroids):
        raise RenderError(f"--along {measure}: only grids have rows; use --spread")
    axis = table.measure_names.index(measure)
    cells = np.stack(np.unravel_index(table.index, tuple(table.dims)), axis=1)
    lines, line = np.unique(np.delete(cells, axis, axis=1), axis=0, return_inverse=True)
    fullest = int(np.bincount(line.reshape(-1), minlength=len(lines)).argmax())
    rows = np.flatnonzero(line.reshape(-1) == fullest)
    rows = rows[np.argsort(cells[rows, axis], kind="stable")]
    taken = np.linspace(0, len(rows) - 1, min(count, len(rows))).round().astype(np.intp)
    return np.asarray(rows[taken])


def rows_spread(table: ArchiveTable, count: int) -> Rows:
    """Elites that lie far from each other in measure space, by their first measure."""
    ranges = np.stack([table.lower_bounds, table.upper_bounds])
    rows = select_diverse(table.measures, ranges, count)
    return np.asarray(rows[np.argsort(table.measures[rows, 0], kind="stable")])
