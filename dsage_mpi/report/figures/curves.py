"""How a run went: QD-score, coverage, the surrogate's errors, and where the time went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dsage_mpi.report.figures import style

Rows = Sequence[Mapping[str, Any]]

#: Phases of an outer iteration from the bottom of the stack upwards.
_PHASES = (
    ("train_s", "train surrogate", style.BLUE),
    ("inner_s", "inner loop", style.GREEN),
    ("evaluate_s", "simulate", style.AMBER),
    ("checkpoint_s", "checkpoint", style.PURPLE),
)
#: More bars than that would be narrower than a pixel or two, and take minutes to draw.
_MOST_BARS = 200


def learning_curves(
    rows: Rows, path: Path, units: Mapping[str, str] | None = None, title: str = "Run"
) -> None:
    """Draws the metrics of a run; panels without data (no surrogate, say) are left out.

    Args:
        rows: Rows of the metrics, in order.
        path: The PNG.
        units: Measure name to unit, for the error panels.
        title: Heading.
    """
    predicted = [
        name.removesuffix("_mae")
        for name in (rows[0] if rows else {})
        if _is_error(name) and np.isfinite(_column(rows, name)).any()
    ]
    ranked = [name for name in predicted if np.isfinite(_column(rows, f"{name}_r2")).any()]
    heights = [2.6, *([2.1] if predicted else []), *([2.1] if ranked else []), 2.4]
    with style.figure(path, 10.0, 0.5 + sum(heights)) as figure:
        heading = figure.suptitle(title, x=0.01, ha="left", fontsize=12, weight="bold")
        style.fit(heading, 0.98 * figure.get_figwidth())
        bands = figure.subfigures(len(heights), 1, height_ratios=heights, squeeze=False)[:, 0]
        _progress_panels(bands[0], rows)
        if predicted:
            _error_panels(bands[1], rows, predicted, units or {})
        if ranked:
            _agreement_panels(bands[2], rows, ranked)
        _time_panels(bands[-1], rows)


def _progress_panels(band: Any, rows: Rows) -> None:
    evaluations = _column(rows, "evaluations")
    score, coverage, gain = band.subplots(1, 3)
    for axes, values, name, colour in (
        (score, _column(rows, "qd_score"), "QD-score", style.BLUE),
        (coverage, 100 * _column(rows, "coverage"), "Coverage (%)", style.GREEN),
        (gain, _column(rows, "yield"), "Yield", style.AMBER),
    ):
        _line(axes, evaluations, values, colour)
        axes.set_title(name)
        axes.fill_between(evaluations, 0, values, color=colour, alpha=0.12, linewidth=0)
        _over_evaluations(axes)
    gain.set_ylabel("new or better cells per evaluation", fontsize=8)


def _is_error(column: str) -> bool:
    return column.endswith("_mae") and not column.endswith("_constant_mae")


def _error_panels(
    band: Any, rows: Rows, predicted: Sequence[str], units: Mapping[str, str]
) -> None:
    """Errors, and beside them those of always predicting the mean so far."""
    evaluations = _column(rows, "evaluations")
    panels = band.subplots(1, len(predicted), squeeze=False)[0]
    for axes, what in zip(panels, predicted, strict=True):
        constant = _column(rows, f"{what}_constant_mae")
        if np.isfinite(constant).any():
            _line(axes, evaluations, constant, style.GREY, "mean so far")
        _line(axes, evaluations, _column(rows, f"{what}_mae"), style.RED, "surrogate")
        unit = {"occupancy": "visits", **units}.get(what, "")
        axes.set_title(f"Error: {style.readable(what)}", fontsize=8.5)
        axes.set_ylabel(f"held-out MAE{f' ({unit})' if unit else ''}", fontsize=8)
        _over_evaluations(axes, ticks=4)
        _small(axes)
    _legend_above(band, panels)


def _agreement_panels(band: Any, rows: Rows, ranked: Sequence[str]) -> None:
    """How much of the variance is explained, and how well the order is."""
    evaluations = _column(rows, "evaluations")
    panels = band.subplots(1, len(ranked), squeeze=False)[0]
    for axes, what in zip(panels, ranked, strict=True):
        for score, label, colour in (
            ("r2", "R²", style.RED),
            ("spearman", "rank correlation", style.BLUE),
        ):
            values = _column(rows, f"{what}_{score}")
            if np.isfinite(values).any():
                # As far below zero as it goes, the prediction is worth nothing.
                _line(axes, evaluations, np.maximum(values, -1), colour, label)
        axes.axhline(0, color=style.GREY, linewidth=0.8)
        axes.set_title(f"Held-out: {style.readable(what)}", fontsize=8.5)
        _over_evaluations(axes, ticks=4)
        axes.set_ylim(-1.05, 1.05)
        _small(axes)
    _legend_above(band, panels)


def _legend_above(band: Any, panels: Any) -> None:
    """One legend for all panels, where it covers no line."""
    known: dict[str, Any] = {}
    for axes in panels:
        handles, labels = axes.get_legend_handles_labels()
        known |= dict(zip(labels, handles, strict=True))
    band.legend(
        list(known.values()), list(known), loc="outside upper right", ncols=len(known), fontsize=7
    )


def _small(axes: Any) -> None:
    axes.xaxis.label.set_fontsize(8)
    axes.tick_params(labelsize=7.5)


def _time_panels(band: Any, rows: Rows) -> None:
    iterations = _column(rows, "iteration")
    stack, idle = band.subplots(1, 2, width_ratios=[2, 1])
    starts = np.arange(0, len(rows), -(-len(rows) // _MOST_BARS) or 1)
    counts = np.diff(starts, append=len(rows))
    bars = _means(iterations, starts)
    bottom = np.zeros(len(bars))
    width = counts * (0.85 if len(bars) <= 60 else 1.0)  # gaps between thin bars only flicker
    for name, label, colour in _PHASES:
        seconds = _means(np.nan_to_num(_column(rows, name)), starts)
        if seconds.any():
            stack.bar(bars, seconds, width, bottom, color=colour, label=label)
            bottom += seconds
    rest = _means(np.nan_to_num(_column(rows, "total_s")), starts) - bottom
    if (rest > 0).any():
        rest = np.maximum(rest, 0)
        stack.bar(bars, rest, width, bottom, color=style.GREY, label="other")
    means = f", means of {counts[0]}" if len(bars) < len(rows) else ""
    stack.set_title(f"Time per outer iteration (s){means}")
    _over_iterations(stack, iterations)
    if stack.containers:
        stack.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), fontsize=8, reverse=True)
    _line(idle, iterations, 100 * _column(rows, "idle_share"), style.PURPLE)
    idle.set_title("Simulating ranks idle (%)")
    idle.set_ylim(0, 103)  # a line at 100 stays visible
    _over_iterations(idle, iterations, ticks=4)


def _means(values: NDArray[np.float64], starts: NDArray[np.intp]) -> NDArray[np.float64]:
    """Means of the values from each start to the next."""
    if not len(values):
        return values
    sums = np.add.reduceat(values, starts)
    return np.asarray(sums / np.diff(starts, append=len(values)))


def _line(
    axes: Any, x: NDArray[np.float64], y: NDArray[np.float64], colour: str, label: str | None = None
) -> None:
    """A line through the points that exist; a few points are also marked."""
    known = np.isfinite(y)
    marker = "o" if known.sum() <= 30 else None
    axes.plot(x[known], y[known], color=colour, marker=marker, markersize=3.5, label=label)
    axes.grid(True, axis="y")


def _over_evaluations(axes: Any, ticks: int = 6) -> None:
    """Both axes from 0, evaluations to the right."""
    from matplotlib.ticker import MaxNLocator

    axes.set_xlim(left=0)
    # Not as matplotlib would: it magnifies zero, and cuts flat curves far from it at the top.
    most = axes.dataLim.y1
    axes.set_ylim(0, 1.05 * most if most > 0 else 1)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=ticks))
    style.thousands(axes.xaxis)
    axes.set_xlabel("real evaluations")


def _over_iterations(axes: Any, iterations: NDArray[np.float64], ticks: int = 8) -> None:
    """Outer iterations to the right, whole numbers only."""
    from matplotlib.ticker import MaxNLocator

    if len(iterations):
        axes.set_xlim(iterations[0] - 0.6, max(iterations[-1], iterations[0] + 4) + 0.6)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=ticks, min_n_ticks=1))
    style.thousands(axes.xaxis)
    axes.set_xlabel("outer iteration")
    axes.grid(True, axis="y")


def _column(rows: Rows, name: str) -> NDArray[np.float64]:
    """(n,) float64, NaN where a row has no value."""
    values = [row.get(name) for row in rows]
    return np.array([np.nan if v is None else v for v in values], dtype=np.float64)
