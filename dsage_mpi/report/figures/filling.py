"""An archive filling up, as a film over evaluations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dsage_mpi.report.figures import style
from dsage_mpi.report.history import History

#: Seconds that each picture is shown.
FRAME_SECONDS = 0.1
_FRAMES, _LAST_FRAMES = 100, 20
_SIZE, _DPI = (6.4, 4.8), 100


@dataclass(frozen=True)
class Filling:
    """A run whose archive is shown while it fills.

    Attributes:
        title: Heading.
        history: What entered the archive, and when.
        record: Columns ``objective``, ``measures`` and ``failed`` of all evaluations.
        measures: Names of the two axes, with their units.
        ranges: (2, 2) float64, smallest and largest value of each measure.
        cells: Number of cells.
    """

    title: str
    history: History
    record: Mapping[str, Any]
    measures: tuple[str, str]
    ranges: NDArray[np.float64]
    cells: int


def filling_frames(run: Filling, dims: tuple[int, int]) -> Iterator[NDArray[np.uint8]]:
    """Pictures ((480, 640, 3) uint8) of a grid archive after more and more evaluations.

    Cells have the colour of their objective, or, where that is the same everywhere, of the
    evaluation that found them; the scale is that of the whole run.

    Args:
        run: What is shown.
        dims: Cells per measure.
    """
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    total = len(run.record["failed"])
    values, label = _values(run)
    (left, right), (low, high) = run.ranges.tolist()
    with matplotlib.rc_context(style.SETTINGS):
        figure = Figure(figsize=_SIZE, dpi=_DPI, layout="constrained")
        canvas = FigureCanvasAgg(figure)
        axes = figure.add_subplot()
        image = axes.imshow(
            np.full(dims[::-1], np.nan),
            origin="lower",
            extent=(left, right, low, high),
            aspect="auto",
            interpolation="nearest",
            cmap=matplotlib.colormaps["viridis"].with_extremes(bad=style.EMPTY),
            vmin=values.min(initial=np.inf) if len(values) else 0.0,
            vmax=values.max(initial=-np.inf) if len(values) else 1.0,
        )
        axes.set_xlabel(run.measures[0])
        axes.set_ylabel(run.measures[1])
        figure.colorbar(image, ax=axes, label=label)
        text = figure.suptitle(" ", x=0.02, ha="left", fontsize=10)
        for at in np.linspace(0, total, min(_FRAMES, total + 1)).round().astype(int).tolist():
            grid = _grid(run.history, values, at, dims)
            image.set_data(grid)
            share = np.isfinite(grid).sum() / run.cells
            text.set_text(f"{run.title}\n{at:,} evaluations, coverage {share:.1%}")
            canvas.draw()
            frame = np.asarray(canvas.buffer_rgba())[..., :3].copy()
            for _ in range(_LAST_FRAMES if at == total else 1):
                yield frame


def _values(run: Filling) -> tuple[NDArray[np.float64], str]:
    numbers = run.history.evaluation
    objective = np.asarray(run.record["objective"], np.float64)[numbers]
    if len(objective) and np.ptp(objective) > 0:
        return objective, "objective"
    return numbers.astype(np.float64), "evaluation that found the elite"


def _grid(
    history: History, values: NDArray[np.float64], at: int, dims: tuple[int, int]
) -> NDArray[np.float64]:
    """(rows, columns) as an image has them, NaN where no elite is."""
    count = int(np.searchsorted(history.evaluation, at))
    grid = np.full(dims[0] * dims[1], np.nan)
    grid[history.cell[:count]] = values[:count]  # in their order: the last one stays
    return grid.reshape(dims).T
