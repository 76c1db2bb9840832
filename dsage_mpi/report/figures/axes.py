"""Archives that are no map: one measure as a profile, more than two as parallel axes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dsage_mpi.report.export import ArchiveTable
from dsage_mpi.report.figures import style
from dsage_mpi.report.figures.heatmap import COLOURS

#: Lines that parallel axes can show before they are one colour.
_MOST_LINES = 2_000


def archive_profile(
    table: ArchiveTable, path: Path, label: str = "", title: str = "Archive"
) -> None:
    """Draws the objective of every elite along the only measure.

    Args:
        table: An archive of one measure.
        path: The PNG.
        label: Name of the measure with its unit; its name if empty.
        title: Heading.
    """
    with style.figure(path, 8.0, 4.5) as figure:
        axes = figure.add_subplot()
        left, width = _intervals(table)
        axes.bar(left, table.objective, width=width, align="edge", color=style.BLUE)
        axes.set_xlim(table.lower_bounds[0], table.upper_bounds[0])
        axes.set_xlabel(label or style.readable(table.measure_names[0]))
        axes.set_ylabel("objective")
        style.heading(axes, title, _filled(table))


def archive_axes(
    table: ArchiveTable, path: Path, labels: Sequence[str] = (), title: str = "Archive"
) -> None:
    """Draws every elite as a line over one axis per measure, coloured by its objective.

    Of more than 2 000 elites every so many-th in the order of the cells is drawn.

    Args:
        table: An archive of two measures or more.
        path: The PNG.
        labels: Names of the measures with their units; their names if there are none.
        title: Heading.
    """
    names = list(labels) or [style.readable(name) for name in table.measure_names]
    shown = np.arange(0, len(table), -(-max(len(table), 1) // _MOST_LINES))
    note = "" if len(shown) == len(table) else f", {len(shown):,} of them drawn"
    with style.figure(path, max(7.0, 1.8 * len(names) + 2.0), 5.5) as figure:
        axes = figure.add_subplot()
        style.heading(axes, title)
        axes.annotate(
            _filled(table) + note,
            (0, 0),
            (0, -8),
            xycoords="axes fraction",
            textcoords="offset points",
            va="top",
            fontsize=9,
            color=style.MUTED,
        )
        if len(table):
            _draw_lines(axes, table, shown, names)
            _tidy(axes, figure)
        else:
            style.centred(axes, "no elites yet")


def _draw_lines(
    axes: Any, table: ArchiveTable, shown: NDArray[np.int64], names: Sequence[str]
) -> None:
    """Draws the elites ``shown`` (rows of the table) with ``ribs.visualize``."""
    from ribs.archives import CVTArchive
    from ribs.visualize import parallel_axes_plot  # loads matplotlib and pandas

    # Each elite is a cell of its own, whatever cells its archive has.
    archive = CVTArchive(
        solution_dim=1,
        centroids=table.measures[shown],
        ranges=list(zip(table.lower_bounds, table.upper_bounds, strict=True)),
    )
    archive.add(np.zeros((len(shown), 1)), table.objective[shown], table.measures[shown])
    low, high = float(table.objective.min()), float(table.objective.max())
    parallel_axes_plot(
        archive,
        ax=axes,
        measure_order=list(enumerate(names)),
        cmap=COLOURS,
        linewidth=0.8,
        alpha=0.5,
        vmin=low - (low == high),
        vmax=high + (low == high),
        sort_archive=True,
        cbar=None if low == high else "auto",
        cbar_kwargs={"label": "objective", "orientation": "horizontal", "aspect": 50},
    )


def _tidy(first: Any, figure: Any) -> None:
    """Shows every axis, and puts its numbers on white, so that no line crosses them."""
    for axes in figure.axes:
        if axes is not first:
            axes.spines["right"].set_visible(True)
        for label in axes.yaxis.get_ticklabels():
            label.set_bbox({"facecolor": "white", "edgecolor": "none", "pad": 1.0})
            label.set_zorder(10)


def _intervals(table: ArchiveTable) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where the cells of the elites begin ((n,)), and how wide they are ((n,))."""
    low, high = table.lower_bounds[0], table.upper_bounds[0]
    if not len(table.centroids):
        width = (high - low) / table.dims[0]
        return low + table.index * width, np.full(len(table), width)
    order = np.argsort(table.centroids[:, 0])
    sorted_centres = table.centroids[order, 0]
    edges = np.concatenate([[low], (sorted_centres[:-1] + sorted_centres[1:]) / 2, [high]])
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    found = place[table.index]
    return edges[found], np.diff(edges)[found]


def _filled(table: ArchiveTable) -> str:
    elites, cells = style.counted(len(table), "elite"), style.counted(table.cells, "cell")
    return f"{elites} in {cells} ({table.coverage:.1%})"
