"""The archives of all rows side by side, on one colour scale."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dsage_mpi.report.figures import style
from dsage_mpi.study.comparison import Comparison, Row
from dsage_mpi.study.stored import StoredRun

_COLUMNS = 3
_COLOURS = "viridis"
#: Points to the right and upwards of a map of cells that are no grid.
_POINTS = (480, 360)


def archives_side_by_side(comparison: Comparison, path: Path) -> bool:
    """Draws one archive of each row: of the run whose QD-score is the middle one.

    The colour is the objective; where that is the same everywhere, the evaluation that found the
    elite.

    Args:
        comparison: What is compared.
        path: The PNG.

    Returns:
        Whether they were drawn: only archives of two measures can be.
    """
    rows = [row for row in comparison.rows if len(row.runs[0].config.archive.measures) == 2]
    if not rows:
        return False
    shown = [_middle(row) for row in rows]
    values, label, note = _values(shown)
    low, high = _limits(values)
    lines = -(-len(rows) // _COLUMNS)
    columns = min(_COLUMNS, len(rows))
    with style.figure(path, 1.0 + 3.5 * columns, 0.6 + 2.9 * lines) as figure:
        panels = figure.subplots(lines, columns, squeeze=False)
        for axes in panels.flat[len(rows) :]:
            axes.set_axis_off()
        image = None
        for axes, row, run, numbers in zip(panels.flat, rows, shown, values, strict=False):
            image = _draw(axes, run, numbers, low, high)
            title = axes.set_title(f"{row.title}, seed {run.config.seed}", fontsize=9)
            style.fit(title, 3.2)
        bar = figure.colorbar(image, ax=panels, label=label, pad=0.01, aspect=30)
        bar.outline.set_visible(False)
        style.thousands(bar.ax.yaxis)
        heading = figure.suptitle(
            f"{comparison.title}{note}", x=0.01, ha="left", fontsize=12, weight="bold"
        )
        style.fit(heading, 0.98 * figure.get_figwidth())
    return True


def _middle(row: Row) -> StoredRun:
    """The run with the middle QD-score; of two, the lower."""
    ordered = sorted(row.runs, key=lambda run: (run.elites.qd_score, run.config.seed))
    return ordered[(len(ordered) - 1) // 2]


def _values(shown: Sequence[StoredRun]) -> tuple[list[NDArray[np.float64]], str, str]:
    """What the colours show of each run's elites, what that is, and why if not the objective."""
    objectives = [run.elites.objective for run in shown]
    every = np.concatenate(objectives)
    if len(every) and np.ptp(every) == 0:
        found = [run.elites.evaluation.astype(np.float64) for run in shown]
        return found, "found by evaluation", f" (objective {every[0]:g} everywhere)"
    return objectives, "objective", ""


def _limits(values: Sequence[NDArray[np.float64]]) -> tuple[float, float]:
    every = np.concatenate(values)
    if not len(every):
        return 0.0, 1.0
    low, high = float(every.min()), float(every.max())
    return (low, high) if low < high else (low - 1, high + 1)


def _draw(axes: Any, run: StoredRun, numbers: NDArray[np.float64], low: float, high: float) -> Any:
    import matplotlib

    archive = run.config.archive
    (left, right), (bottom, top) = archive.ranges
    axes.set_xlabel(style.readable(archive.measures[0]), fontsize=8)
    axes.set_ylabel(style.readable(archive.measures[1]), fontsize=8)
    axes.tick_params(labelsize=7.5)
    return axes.imshow(
        _raster(run, numbers).T,
        origin="lower",
        extent=(left, right, bottom, top),
        aspect="auto",
        interpolation="nearest",
        cmap=matplotlib.colormaps[_COLOURS].with_extremes(bad=style.EMPTY),
        vmin=low,
        vmax=high,
    )


def _raster(run: StoredRun, numbers: NDArray[np.float64]) -> NDArray[np.float64]:
    """The numbers of a run's elites over measure space; NaN where there is none.

    Of a grid that is a point for each cell; of other cells, which are those of the nearest
    centre, the cell of each of many points.
    """
    cells = np.full(run.config.archive.cell_count, np.nan)
    cells[run.elites.index] = numbers
    if len(run.archives.dims) == 2:
        return cells.reshape(run.archives.dims)
    axes = [
        low + (high - low) * (np.arange(count) + 0.5) / count
        for (low, high), count in zip(run.config.archive.ranges, _POINTS, strict=True)
    ]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 2)
    return cells[run.archives.cells_of(points)].reshape(_POINTS)
