"""A grid archive as a coloured map of measure space.

Ours, and not ``ribs.visualize.grid_archive_heatmap``: that draws the objective alone, and cells
narrower than a pixel not at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dsage_mpi.report.export import ArchiveTable
from dsage_mpi.report.figures import style

#: Matplotlib colour map of all archives.
COLOURS = "viridis"
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
        archive: A pyribs grid or an ``ArchiveTable`` of one.
        path: The PNG.
        labels: Names of the axes with units; the measures' names if None.
        title: Heading.
        values: (n,) one number per elite that the colour shows, in the order of
            ``archive.data()`` (an ``ArchiveTable``: of its rows); the objective if None.
        value_label: What ``values`` are, with unit.

    Raises:
        ValueError: The archive has not two measures, or ``values`` has another length.
    """
    table, colours = map_values(archive, values)
    block = _cells_per_point(table.dims)
    with style.figure(path, 8.0, 6.0) as figure:
        axes = figure.add_subplot()
        scale = ColourScale.of(colours, value_label)
        axes.imshow(
            _grid(table, colours, block),
            origin="lower",
            extent=_extent(table, block),
            aspect="auto",
            interpolation="nearest",
            cmap=_colour_map(),
            vmin=scale.low,
            vmax=scale.high,
        )
        axes.set_xlim(table.lower_bounds[0], table.upper_bounds[0])
        axes.set_ylim(table.lower_bounds[1], table.upper_bounds[1])
        block_note = f"a point: largest of {block[0]} × {block[1]} cells"
        note = block_note if (block > 1).any() else ""
        dress_map(axes, table, labels, scale, (title, note))


@dataclass(frozen=True)
class ColourScale:
    """What colours stand for.

    Attributes:
        low: Number of the darkest colour.
        high: Number of the brightest.
        label: What the numbers are, with unit.
        constant: The number of all elites, if it is one; None otherwise.
        known: Whether there is any number.
    """

    low: float
    high: float
    label: str
    constant: float | None
    known: bool

    @staticmethod
    def of(values: NDArray[np.float64], label: str) -> ColourScale:
        """The scale of some values, NaN where there are none."""
        finite = values[np.isfinite(values)]
        if not len(finite):
            return ColourScale(0.0, 1.0, label, None, known=False)
        low, high = float(finite.min()), float(finite.max())
        same = low == high
        return ColourScale(low - same, high + same, label, low if same else None, known=True)


def map_values(archive: Any, values: ArrayLike | None) -> tuple[ArchiveTable, NDArray[np.float64]]:
    """The elites of an archive of two measures, and the number of each that is shown.

    Raises:
        ValueError: It has not two measures, or ``values`` has another length.
    """
    table = ArchiveTable.of(archive)
    count = len(table.measure_names)
    if count != 2:
        raise ValueError(f"a heatmap needs 2 measures, the archive has {count}")
    return table, _in_table_order(archive, table, values)


def dress_map(
    axes: Any,
    table: ArchiveTable,
    labels: tuple[str, str] | None,
    scale: ColourScale,
    texts: tuple[str, str],
) -> None:
    """Puts labels, heading and colour bar to a map of two measures.

    Args:
        axes: Where it is drawn.
        table: The elites.
        labels: Names of the axes with units; the measures' names if None.
        scale: What the colours stand for.
        texts: Heading, and what is added to the line below it.
    """
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    x_label, y_label = labels or tuple(style.readable(n) for n in table.measure_names)
    axes.set_xlabel(x_label)
    axes.set_ylabel(y_label)
    title, note = texts
    style.heading(axes, title, "  ·  ".join([*_facts(table, scale), *([note] if note else [])]))
    if scale.known and scale.constant is None:
        shown = ScalarMappable(Normalize(scale.low, scale.high), _colour_map())
        bar = axes.figure.colorbar(shown, ax=axes, label=scale.label, pad=0.02, aspect=32)
        bar.outline.set_visible(False)
        style.thousands(bar.ax.yaxis)
    if not len(table):
        style.centred(axes, "no elites yet")


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

    return matplotlib.colormaps[COLOURS].with_extremes(bad=style.EMPTY)


def _facts(table: ArchiveTable, scale: ColourScale) -> list[str]:
    facts = [
        f"{style.counted(len(table), 'elite')} in {style.counted(table.cells, 'cell')}",
        f"coverage {100 * table.coverage:.2f} %",
        f"QD-score {table.qd_score:.6g}",
    ]
    if scale.constant is not None:
        facts.append(f"{scale.label} {scale.constant:.4g} everywhere")
    return facts
