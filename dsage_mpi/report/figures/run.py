"""All figures of one run, drawn at its end and by ``plot``."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from dsage_mpi.report.export import ArchiveTable
from dsage_mpi.report.figures import style
from dsage_mpi.report.figures.axes import archive_axes, archive_profile
from dsage_mpi.report.figures.curves import learning_curves
from dsage_mpi.report.figures.gallery import Render, archive_gallery
from dsage_mpi.report.figures.heatmap import archive_heatmap
from dsage_mpi.report.figures.predictions import Checked, expected_and_simulated

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Look:
    """What the figures of a run are drawn with.

    Attributes:
        render: Draws one level; None where levels cannot be drawn.
        units: Units of the measures, in their order.
        title: Heading of all figures, e.g. ``dsage on maze, seed 1``.
        levels: How many levels the gallery shows.
        heatmap: Draws an archive of two measures; takes what ``archive_heatmap`` takes.
    """

    render: Render | None
    units: Sequence[str] = ()
    title: str = ""
    levels: int = 24
    heatmap: Callable[..., None] = archive_heatmap


def draw_run(
    folder: Path,
    table: ArchiveTable,
    rows: Sequence[Mapping[str, Any]],
    look: Look,
    checked: Checked | None = None,
) -> list[Path]:
    """Draws ``archive.png``, ``discovery.png``, ``levels.png``, ``curves.png``.

    And ``predictions.png``, if there were any.

    A figure that cannot be drawn is logged and left out: at the end of a long run a picture is
    no reason to fail.

    Args:
        folder: Where to; made if needed.
        table: The archive.
        rows: Rows of the metrics.
        look: What they are drawn with.
        checked: The surrogate's last predictions that were simulated.

    Returns:
        The files that were drawn.
    """
    folder.mkdir(parents=True, exist_ok=True)
    of_measure = dict(zip(table.measure_names, look.units, strict=False))
    curves = partial(learning_curves, rows, units=of_measure, title=look.title or "Run")
    drawings: dict[str, Callable[..., None]] = {"curves.png": curves}
    drawings |= archive_figures(table, look)
    if checked is not None:
        drawings["predictions.png"] = partial(
            expected_and_simulated, checked, units=of_measure, title=look.title or "Run"
        )
    if table.level.size and look.render is not None:
        drawings["levels.png"] = partial(
            archive_gallery,
            table,
            look.render,
            units=look.units,
            count=look.levels,
            title=look.title or "Generated levels",
        )
    return [folder / name for name, draw in drawings.items() if _drawn(draw, folder / name)]


def archive_figures(table: ArchiveTable, look: Look) -> dict[str, Callable[..., None]]:
    """Returns what suits the number of measures: a profile, heat maps or parallel axes.

    Returns:
        File name -> what draws it, given ``path``.
    """
    units = dict(zip(table.measure_names, look.units, strict=False))
    labels = [axis_label(name, units.get(name, "")) for name in table.measure_names]
    title = look.title or "Archive"
    if len(labels) == 2:
        return _heatmaps(table, partial(look.heatmap, labels=tuple(labels), title=title))
    if len(labels) == 1:
        return {"archive.png": partial(archive_profile, table, label=labels[0], title=title)}
    return {"archive.png": partial(archive_axes, table, labels=labels, title=title)}


def _heatmaps(table: ArchiveTable, heatmap: Callable[..., None]) -> dict[str, Callable[..., None]]:
    """The objective, and when each elite was found if that is known."""
    heatmaps: dict[str, Callable[..., None]] = {"archive.png": partial(heatmap, table)}
    if len(table) and np.ptp(table.evaluation):
        heatmaps["discovery.png"] = partial(
            heatmap,
            table,
            values=table.evaluation,
            value_label="evaluation that found the elite",
        )
    return heatmaps


def axis_label(name: str, unit: str) -> str:
    """``agent path length (steps)``."""
    unit = style.unit_beside(name, unit)
    return style.readable(name) + (f" ({unit})" if unit else "")


def _drawn(draw: Callable[..., None], path: Path) -> bool:
    try:
        draw(path=path)
    except Exception as error:
        logger.warning("could not draw %s: %s: %s", path, type(error).__name__, error)
        logger.debug("traceback", exc_info=True)
        return False
    return True
