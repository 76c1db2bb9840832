"""The cells of an archive by name: which elite is meant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from dsage_mpi.archives import Archives
    from dsage_mpi.report.export import ArchiveTable


class RenderError(Exception):
    """What is to be drawn is not there; the message says what is."""


def best_row(table: ArchiveTable, by: str = "objective") -> int:
    """Row of the elite with the most of ``by``; of several, the one farthest from the middle.

    The middle is the mean of all elites, in units of the archive's ranges: where every objective
    is the same, the best is the most unusual.

    Raises:
        RenderError: There is no such quantity.
    """
    try:
        values = table.column(by)
    except KeyError as error:
        raise RenderError(f"--best {by}: {error.args[0]}") from None
    scaled = (table.measures - table.lower_bounds) / (table.upper_bounds - table.lower_bounds)
    far = np.square(scaled - scaled.mean(axis=0)).sum(axis=1)
    return int(np.argmax(np.where(values == np.nanmax(values), far, -1.0)))


def row_of_cell(cell: tuple[int, ...], table: ArchiveTable) -> int:
    """Row of the elite of a cell.

    Raises:
        RenderError: It is empty, or there is none such.
    """
    return _row_of(_flat(cell, table), table)


def cell_of_measures(
    archives: Archives, table: ArchiveTable, measures: Sequence[float]
) -> tuple[int, ...]:
    """The numbers that name the cell that the measures fall into.

    Raises:
        RenderError: They are not one finite number per measure.
    """
    count = len(table.measure_names)
    if len(measures) != count or not np.isfinite(measures).all():
        names = ", ".join(table.measure_names)
        raise RenderError(f"measures {tuple(measures)}: expected {count} finite numbers: {names}")
    return name_of_cell(table, archives.cell_of(np.asarray(measures, np.float64)))


def _flat(cell: tuple[int, ...], table: ArchiveTable) -> int:
    """Flat index of the cell that the numbers name."""
    dims = tuple(int(k) for k in table.dims)
    if len(cell) != len(dims) or any(not 0 <= k < size for k, size in zip(cell, dims, strict=True)):
        sizes, first = " x ".join(map(str, dims)), (0,) * len(dims)
        raise RenderError(f"no cell {cell}: the archive has {sizes}, from {first}")
    return int(np.ravel_multi_index(cell, dims))


def _row_of(index: int, table: ArchiveTable) -> int:
    """Row of the elite in a cell."""
    rows = np.flatnonzero(table.index == index)
    if not len(rows):
        near = table.index[_distances(index, table).argmin()]
        raise RenderError(
            f"cell {name_of_cell(table, index)} is empty; the nearest with an elite is "
            f"cell {' '.join(map(str, name_of_cell(table, near)))}"
        )
    return int(rows[0])


def _distances(index: int, table: ArchiveTable) -> NDArray[np.float64]:
    """How far the cell of each elite is ((n,)): in cells of a grid, else in ranges."""
    if len(table.centroids):
        places = table.centroids / (table.upper_bounds - table.lower_bounds)
        return np.asarray(np.square(places[table.index] - places[index]).sum(axis=1))
    dims = tuple(table.dims)
    cells = np.stack(np.unravel_index(table.index, dims), axis=1)
    return np.asarray(np.abs(cells - np.array(np.unravel_index(index, dims))).sum(axis=1))


def name_of_cell(table: ArchiveTable, index: Any) -> tuple[int, ...]:
    """The numbers that name a cell."""
    return tuple(int(k) for k in np.unravel_index(index, tuple(table.dims)))
