"""Draws the QD-score of a study's rows over evaluations and over time, with bands.

python scripts/showcase/curves.py STUDY_DIR OUTPUT.png
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from dsage_mpi.report.figures import style
from dsage_mpi.study.stored import StoredRun, read_runs

_ROWS = {"dsage": ("DSAGE", style.RED), "map_elites": ("MAP-Elites", style.BLUE)}
_POINTS = 600
#: Title of a panel -> unit of its axis, and where on it a run's evaluations lie.
_VIEWS: dict[str, tuple[str, Callable[[StoredRun], Any]]] = {
    "by evaluations: levels simulated": (
        "evaluations",
        lambda run: np.arange(1.0, run.evaluations + 1),
    ),
    "by time: seconds of one core": ("CPU seconds", lambda run: run.clock.cpu),
}


def scores(run: StoredRun, x: Any, at: Any) -> Any:
    """A run's QD-score at each point; 0 before its first evaluation."""
    before = np.searchsorted(x, at, side="right")
    return np.concatenate([[0.0], run.history.qd_score])[before]


def draw(axes: Any, runs: list[StoredRun], across: list[Any], look: tuple[str, str]) -> None:
    """Every run thin, their mean thick, a band of two standard errors around it."""
    at = np.linspace(0, min(float(x[-1]) for x in across), _POINTS)
    each = np.stack([scores(run, x, at) for run, x in zip(runs, across, strict=True)])
    mean, error = each.mean(axis=0), each.std(axis=0, ddof=1) / np.sqrt(len(each))
    title, colour = look
    axes.plot(at, each.T, color=colour, linewidth=0.5, alpha=0.5)
    axes.plot(at, mean, color=colour)
    axes.fill_between(at, mean - 2 * error, mean + 2 * error, color=colour, alpha=0.2, linewidth=0)
    right = at[-1] > 0.75 * axes.get_xlim()[1]
    axes.annotate(
        title,
        (at[-1], mean[-1]),
        (-4 if right else 6, 8),
        textcoords="offset points",
        color=colour,
        weight="bold",
        fontsize=10,
        ha="right" if right else "left",
    )


def print_table(rows: dict[str, list[StoredRun]]) -> None:
    """The rows' scores where both have got to: so many evaluations, so many seconds."""
    for unit, across in _VIEWS.values():
        end = min(float(across(run)[-1]) for runs in rows.values() for run in runs)
        for name, runs in rows.items():
            found = [float(scores(run, across(run), end)) for run in runs]
            made = np.mean([np.searchsorted(across(run), end, side="right") for run in runs])
            error = np.std(found, ddof=1) / np.sqrt(len(found))
            print(
                f"after {end:,.0f} {unit}: {_ROWS[name][0]} {np.mean(found):,.0f} ± {error:,.0f} "
                f"({made:,.0f} evaluations, {len(found)} seeds)"
            )


def main() -> None:
    """Writes the picture, prints the numbers."""
    folder, output = map(Path, sys.argv[1:3])
    rows = {name: read_runs(sorted((folder / name).glob("seed-*/"))) for name in _ROWS}
    with style.figure(output, 9.6, 3.6) as figure:
        panels = figure.subplots(1, 2, sharey=True)
        for axes, (label, (_, across)) in zip(panels, _VIEWS.items(), strict=True):
            each = {name: [across(run) for run in runs] for name, runs in rows.items()}
            axes.set_xlim(0, max(min(float(x[-1]) for x in found) for found in each.values()))
            axes.set_title(label, fontsize=10, weight="normal")
            for name, runs in rows.items():
                draw(axes, runs, each[name], _ROWS[name])
            axes.set_ylim(0)
            axes.grid(True, axis="y")
            style.thousands(axes.xaxis)
            style.thousands(axes.yaxis)
        figure.axes[0].set_ylabel("QD-score")
    print_table(rows)
    print(output, f"{output.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
