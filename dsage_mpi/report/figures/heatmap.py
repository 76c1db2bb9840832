"""The archive as a coloured grid over measure space."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dsage_mpi.report.export import ArchiveTable
from dsage_mpi.report.figures import style

_COLOURS = "viridis"
#: Most cells to the right and upwards that are drawn one by one: there are more pixels.
_MOST_CELLS = np.array([800, 600])


def archive_heatmap(
    archive: Any,
    path: Path,
    labels: tuple[str, str] | None = None,
    title: str = "Archive",
    values: ArrayLike | None = None,
    value_label: str = "objective",
) -> None:
    """Draws which cells of a two-dimensional archive have an elite, and one number of each.

    Where there are more cells than pixels, a point stands for several: it shows their largest
    number, and the line below the heading says so. An elite is never left out.

    Args:
        archive: pyribs ``GridArchive`` or ``ArchiveTable``.
        path: The PNG.
        labels: Names of the axes with units; the measures' names if None.
        title: Heading.
        values: (n,) one number per elite that the colour shows, in the order of
            ``archive.data()`` (an ``ArchiveTable``: of its rows); the objective if None.
        value_label: What ``values`` are, with unit.

    Raises:
        ValueError: The archive has not two measures, or ``values`` has another length.
    """
    table = ArchiveTable.of(archive)
    if len(table.dims) != 2:
        raise ValueError(f"a heatmap needs 2 measures, the archive has {len(table.dims)}")
    colours = _in_table_order(archive, table, values)
    finite = colours[np.isfinite(colours)]
    constant = bool(len(finite)) and float(finite.min()) == float(finite.max())
    block = _cells_per_point(table.dims)
    x_label, y_label = labels or tuple(style.readable(n) for n in table.measure_names)
    with style.figure(path, 8.0, 6.0) as figure:
        axes = figure.add_subplot()
        image = axes.imshow(
            _grid(table, colours, block),
            origin="lower",
            extent=_extent(table, block),
            aspect="auto",
            interpolation="nearest",
            cmap=_colour_map(),
            vmin=finite.min() - constant if len(finite) else 0.0,
            vmax=finite.max() + constant if len(finite) else 1.0,
        )
        axes.set_xlim(table.lower_bounds[0], table.upper_bounds[0])
        axes.set_ylim(table.lower_bounds[1], table.upper_bounds[1])
        axes.set_xlabel(x_label)
        axes.set_ylabel(y_label)
        style.heading(axes, title, _subtitle(table, constant, finite, value_label, block))
        if len(finite) and not constant:
            bar = figure.colorbar(image, ax=axes, label=value_label, pad=0.02, aspect=32)
            bar.outline.set_visible(False)
            style.thousands(bar.ax.yaxis)
        if not len(table):
            axes.text(
                0.5,
                0.5,
                "no elites yet",
                transform=axes.transAxes,
                ha="center",
                va="center",
                fontsize=12,
                color=style.MUTED,
            )


def _in_table_order(
    archive: Any, table: ArchiveTable, values: ArrayLike | None
) -> NDArray[np.float64]:
    """The values, (n,) float64, in the order of the table's rows."""
    if values is None:
        return table.objective
    given = np.asarray(values, dtype=np.float64)
    if given.shape != (len(table),):
        raise ValueError(f"values has shape {given.shape}; expected one per elite, ({len(table)},)")
    if isinstance(archive, ArchiveTable):
        return given
    return given[np.argsort(archive.data("index"), kind="stable")]


def _cells_per_point(dims: NDArray[np.int64]) -> NDArray[np.int64]:
    """(2,): one as long as it is seen, else as many as make points of two pixels or more."""
    return np.where(dims > _MOST_CELLS, -(-2 * dims // _MOST_CELLS), 1)


def _grid(
    table: ArchiveTable, colours: NDArray[np.float64], block: NDArray[np.int64]
) -> NDArray[np.float64]:
    """(points upwards, points to the right) float64, NaN where no elite is.

    Args:
        table: The elites.
        colours: (n,) their numbers.
        block: (2,) cells of each measure that share a point; the largest number is kept.
    """
    grid = np.full(tuple(-(-table.dims // block)), np.nan)
    cells = np.stack(np.unravel_index(table.index, tuple(table.dims)), axis=1)
    np.fmax.at(grid, tuple((cells // block).T), colours)
    return grid.T


def _extent(table: ArchiveTable, block: NDArray[np.int64]) -> tuple[float, float, float, float]:
    """Where the grid lies; its last points may stick out beyond the archive."""
    low = table.lower_bounds
    width = (table.upper_bounds - low) / table.dims  # of a cell
    high = low + width * block * -(-table.dims // block)
    return float(low[0]), float(high[0]), float(low[1]), float(high[1])


def _colour_map() -> Any:
    import matplotlib

    return matplotlib.colormaps[_COLOURS].with_extremes(bad=style.EMPTY)


def _subtitle(
    table: ArchiveTable,
    constant: bool,
    finite: NDArray[np.float64],
    value_label: str,
    block: NDArray[np.int64],
) -> str:
    parts = [
        f"{style.counted(len(table), 'elite')} in {style.counted(table.cells, 'cell')}",
        f"coverage {100 * table.coverage:.2f} %",
        f"QD-score {table.qd_score:.6g}",
    ]
    if constant:
        parts.append(f"{value_label} {finite[0]:.4g} everywhere")
    if (block > 1).any():
        parts.append(f"a point: largest of {block[0]} × {block[1]} cells")
    return "  ·  ".join(parts)
