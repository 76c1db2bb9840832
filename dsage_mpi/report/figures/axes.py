"""Archives that are no map: one measure as a profile, more than two as parallel axes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from dsage_mpi.report.export import ArchiveTable
from dsage_mpi.report.figures import style

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
        width = (table.upper_bounds[0] - table.lower_bounds[0]) / table.dims[0]
        left = table.lower_bounds[0] + table.index * width
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
    from ribs.archives import GridArchive
    from ribs.visualize import parallel_axes_plot  # loads matplotlib and pandas

    names = list(labels) or [style.readable(name) for name in table.measure_names]
    shown = np.arange(0, len(table), -(-max(len(table), 1) // _MOST_LINES))
    archive = GridArchive(
        solution_dim=1,
        dims=table.dims,
        ranges=list(zip(table.lower_bounds, table.upper_bounds, strict=True)),
        dtype=np.float64,
    )
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
        if not len(table):
            axes.text(0.5, 0.5, "no elites yet", transform=axes.transAxes, ha="center")
            return
        archive.add(np.zeros((len(shown), 1)), table.objective[shown], table.measures[shown])
        low, high = float(table.objective.min()), float(table.objective.max())
        parallel_axes_plot(
            archive,
            ax=axes,
            measure_order=list(enumerate(names)),
            cmap="viridis",
            linewidth=0.8,
            alpha=0.5,
            vmin=low - (low == high),
            vmax=high + (low == high),
            sort_archive=True,
            cbar=None if low == high else "auto",
            cbar_kwargs={"label": "objective", "orientation": "horizontal", "aspect": 50},
        )


def _filled(table: ArchiveTable) -> str:
    return f"{len(table):,} elites in {table.cells:,} cells ({table.coverage:.1%})"
