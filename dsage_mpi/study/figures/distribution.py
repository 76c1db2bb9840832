"""How many cells have an elite of at least some objective (CCDF), per row (pyribs)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from dsage_mpi.report.figures import style
from dsage_mpi.study.comparison import Comparison
from dsage_mpi.study.figures.curves import look_of

_BINS = 100


def objective_distribution(comparison: Comparison, path: Path) -> None:
    """Draws the mean over seeds of the number of cells with at least each objective.

    Bands are one standard deviation over the seeds (Vassiliades et al. 2018; ``ribs.visualize``).

    Args:
        comparison: What is compared.
        path: The PNG.
    """
    from ribs.visualize import aggregate_cdf

    everything = np.concatenate(
        [run.elites.objective for row in comparison.rows for run in row.runs] or [np.zeros(0)]
    )
    if not len(everything):
        everything = np.zeros(1)
    low, high = float(everything.min()), float(everything.max())
    if low == high:
        low, high = min(0.0, low), max(1.0, high)
    with style.figure(path, 7.0, 4.2) as figure:
        axes = figure.add_subplot()
        for number, row in enumerate(comparison.rows):
            tables = [_elites(run.elites.index, run.elites.objective) for run in row.runs]
            line, band = aggregate_cdf(
                [None] * len(tables),  # the tables are all that is looked at
                axes,
                tables,
                cumulative=-1,
                bins=_BINS,
                vmin=low,
                vmax=high,
                show_edges=False,
            )
            look = look_of(number)
            line.set(edgecolor=look["color"], linestyle=look["linestyle"], linewidth=1.8)
            line.set_label(row.title)
            band.set(facecolor=look["color"], edgecolor="none")
        axes.set_xlabel("objective")
        axes.set_ylabel("cells with at least that")
        axes.set_xlim(low, high)
        axes.set_ylim(bottom=0)
        style.thousands(axes.yaxis)
        axes.grid(True, axis="y")
        axes.legend(fontsize=8.5)
        style.heading(axes, comparison.title, "means and standard deviations over seeds")


def _elites(index: object, objective: object) -> pd.DataFrame:
    return pd.DataFrame({"index": index, "objective": objective})
