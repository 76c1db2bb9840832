"""An archive of Voronoi cells as a coloured map of measure space, with ``ribs.visualize``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dsage_mpi.report.export import ArchiveTable
from dsage_mpi.report.figures import style
from dsage_mpi.report.figures.heatmap import COLOURS, ColourScale, dress_map, map_values

#: From so many cells on no lines are drawn between them: there would be nothing else to see.
_MOST_OUTLINED = 2_000


def voronoi_heatmap(
    archive: Any,
    path: Path,
    labels: tuple[str, str] | None = None,
    title: str = "Archive",
    values: ArrayLike | None = None,
    value_label: str = "objective",
) -> None:
    """Draws an archive of two measures whose cells are those of the nearest centroid.

    ``archive`` is a pyribs ``CVTArchive`` or an ``ArchiveTable`` with centroids; all else is as in
    ``archive_heatmap``.
    """
    from ribs.visualize import cvt_archive_heatmap  # loads matplotlib and shapely

    table, colours = map_values(archive, values)
    scale = ColourScale.of(colours, value_label)
    with style.figure(path, 8.0, 6.0) as figure:
        axes = figure.add_subplot()
        axes.set_facecolor(style.EMPTY)
        cvt_archive_heatmap(
            _in_unit_square(table, colours),
            ax=axes,
            cmap=COLOURS,
            vmin=scale.low,
            vmax=scale.high,
            cbar=None,
            lw=0.4 if table.cells <= _MOST_OUTLINED else 0.0,
            ec="white" if table.cells <= _MOST_OUTLINED else "face",
        )
        for number, axis in enumerate((axes.xaxis, axes.yaxis)):
            _tick(axis, table.lower_bounds[number], table.upper_bounds[number])
        dress_map(axes, table, labels, scale, (title, ""))


def _in_unit_square(table: ArchiveTable, colours: NDArray[np.float64]) -> Any:
    """The archive with ranges as lengths of 1, as its cells are; the colours are objectives."""
    from ribs.archives import CVTArchive

    low, high = table.lower_bounds, table.upper_bounds
    centroids = (table.centroids - low) / (high - low)
    archive = CVTArchive(solution_dim=1, centroids=centroids, ranges=[(0, 1), (0, 1)])
    known = np.isfinite(colours)
    if known.any():
        cells = table.index[known]
        archive.add(np.zeros((len(cells), 1)), colours[known], centroids[cells])
    return archive


def _tick(axis: Any, low: float, high: float) -> None:
    """Ticks of an axis from 0 to 1 that stands for a range."""
    from matplotlib.ticker import MaxNLocator

    ticks = np.asarray(MaxNLocator(nbins=8, steps=[1, 2, 5, 10]).tick_values(low, high))
    ticks = ticks[(ticks >= low) & (ticks <= high)]
    axis.set_ticks((ticks - low) / (high - low), [f"{tick:.6g}" for tick in ticks])
