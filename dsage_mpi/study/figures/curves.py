"""Scores over evaluations, CPU time and wall time: every seed, the mean, its standard error."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dsage_mpi.report.figures import style
from dsage_mpi.study.comparison import Comparison, Row
from dsage_mpi.study.stored import StoredRun

Floats = NDArray[np.float64]

#: Points of a line: there are no more pixels.
_POINTS = 1_000
_COLOURS = (style.BLUE, style.RED, style.GREEN, style.AMBER, style.PURPLE, style.MUTED)
_DASHES = ("-", "--", ":")


def look_of(number: int) -> dict[str, Any]:
    """Colour and line style of a row, the same in all figures."""
    dashes = _DASHES[number // len(_COLOURS) % len(_DASHES)]
    return {"color": _COLOURS[number % len(_COLOURS)], "linestyle": dashes}


def score_curves(comparison: Comparison, path: Path) -> None:
    """Draws QD-score and coverage over evaluations (exact), and over CPU and wall time.

    Thin lines are the seeds, thick ones their means, bands the standard error of these. A line
    over time ends where the first of its runs does.

    Args:
        comparison: What is compared.
        path: The PNG.
    """
    seconds, unit = _time_unit(comparison.rows)
    across: Sequence[tuple[str, Callable[[StoredRun], Floats], float]] = (
        ("real evaluations", lambda run: np.arange(1.0, run.evaluations + 1), 1.0),
        (f"CPU time ({unit})", lambda run: run.clock.cpu, seconds),
        (f"wall time ({unit})", lambda run: run.clock.wall, seconds),
    )
    up: Sequence[tuple[str, Callable[[StoredRun], Floats]]] = (
        ("QD-score", lambda run: run.history.qd_score),
        ("Coverage (%)", lambda run: 100 * run.history.coverage),
    )
    with style.figure(path, 11.0, 6.4) as figure:
        panels = figure.subplots(2, 3, sharey="row", sharex="col")
        for line, (title, score) in zip(panels, up, strict=True):
            for axes, (_, x, scale) in zip(line, across, strict=True):
                for number, row in enumerate(comparison.rows):
                    curves = [(x(run) / scale, score(run)) for run in row.runs if run.evaluations]
                    _draw_row(axes, curves, row.title, look_of(number))
                _finish(axes)
            line[0].set_ylabel(title)
        for axes, (label, _, _) in zip(panels[-1], across, strict=True):
            axes.set_xlabel(label)
        if comparison.target is not None:
            for axes in panels[0]:
                axes.axhline(comparison.target, color=style.MUTED, linewidth=0.8, linestyle="--")
        _legend(figure, panels[0, 0])
        heading = figure.suptitle(comparison.title, x=0.01, ha="left", fontsize=12, weight="bold")
        style.fit(heading, 0.98 * figure.get_figwidth())


def _draw_row(
    axes: Any, curves: Sequence[tuple[Floats, Floats]], title: str, look: dict[str, Any]
) -> None:
    if not curves:
        return
    end = min(float(x[-1]) for x, _ in curves)
    grid = np.linspace(0, end, _POINTS)
    each = np.stack([_steps(x, y, grid) for x, y in curves])
    for x, y in curves:
        whole = np.linspace(0, float(x[-1]), _POINTS)
        axes.plot(whole, _steps(x, y, whole), **look, alpha=0.35, linewidth=0.6)
    mean = each.mean(axis=0)
    axes.plot(grid, mean, **look, label=title)
    if len(each) > 1:
        error = each.std(axis=0, ddof=1) / np.sqrt(len(each))
        axes.fill_between(
            grid, mean - error, mean + error, color=look["color"], alpha=0.18, linewidth=0
        )


def _steps(x: Floats, y: Floats, at: Floats) -> Floats:
    """The last of the values ``y`` at ``x`` (ascending) up to each point; 0 before the first."""
    return np.concatenate([[0.0], y])[np.searchsorted(x, at, side="right")]


def _time_unit(rows: Sequence[Row]) -> tuple[float, str]:
    """Seconds of the unit that suits the longest run, and its name."""
    ends = [run.clock.wall[-1] for row in rows for run in row.runs if run.evaluations]
    longest = max(ends, default=0.0)
    for size, unit in ((3600.0, "h"), (60.0, "min")):
        if longest >= 2 * size:
            return size, unit
    return 1.0, "s"


def _finish(axes: Any) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.set_xlim(left=0)
    axes.set_ylim(bottom=0)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=5))
    style.thousands(axes.xaxis)
    style.thousands(axes.yaxis)
    axes.grid(True, axis="y")


def _legend(figure: Any, axes: Any) -> None:
    handles, labels = axes.get_legend_handles_labels()
    columns = min(len(labels), 6) or 1
    figure.legend(
        handles,
        labels,
        loc="outside lower center",
        ncols=columns,
        fontsize=8.5,
        title="thin: each seed; thick: mean, as far as all seeds go; band: its standard error",
        title_fontsize=8,
    )
