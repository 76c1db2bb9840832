"""A run as a notebook shows it: numbers, archive, six levels."""

from __future__ import annotations

import base64
import html
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from dsage_mpi.core.domain import DomainError
from dsage_mpi.report.figures.gallery import archive_gallery
from dsage_mpi.report.figures.heatmap import archive_heatmap
from dsage_mpi.report.figures.run import axis_label
from dsage_mpi.run.finish import run_title, units

if TYPE_CHECKING:
    from dsage_mpi.api.results import Run
    from dsage_mpi.report.export import ArchiveTable

_LEVELS = 6
_WIDTH = 480


def run_html(run: Run, table: ArchiveTable) -> str:
    """Returns the run as HTML; pictures are in it.

    Args:
        run: The run.
        table: Its archive.
    """
    pictures = "".join(f"<div>{picture}</div>" for picture in _pictures(run, table))
    row = '<div style="display:flex;flex-wrap:wrap;gap:1em;align-items:flex-start">'
    return f"<div>{_numbers(run, table)}{row}{pictures}</div></div>"


def _numbers(run: Run, table: ArchiveTable) -> str:
    evaluations = run.evaluations()
    failed = int(evaluations["failed"].sum())
    done, budget = len(evaluations), run.config.algorithm.max_evaluations
    facts = {
        "run": str(run.path or run.checkpoint),
        "state": run.state,
        "evaluations": f"{done} of {budget}" + (f", {failed} failed" if failed else ""),
        "elites": f"{len(table)} of {table.cells} cells ({100 * table.coverage:.2f} %)",
        "QD-score": f"{table.qd_score:.6g}",
    }
    if len(table):
        best, mean = table.objective.max(), table.objective.mean()
        facts["objective"] = f"best {best:.4g}, mean {mean:.4g}"
    rows = "".join(
        f"<tr><th style='text-align:left'>{html.escape(name)}</th>"
        f"<td style='text-align:left'>{html.escape(text)}</td></tr>"
        for name, text in facts.items()
    )
    return f"<b>{html.escape(run_title(run.config))}</b><table>{rows}</table>"


def _pictures(run: Run, table: ArchiveTable) -> list[str]:
    if not len(table):
        return []
    of_measures = units(run.config)
    found = []
    if len(table.dims) == 2:
        x, y = (axis_label(*pair) for pair in zip(table.measure_names, of_measures, strict=True))
        found.append(_picture("archive", lambda path: archive_heatmap(table, path, (x, y))))
    try:
        render = run.domain.render
    except DomainError as error:  # an agent or Java that this machine lacks
        return [*found, f"<p>no levels are shown: {html.escape(str(error))}</p>"]
    found.append(
        _picture(
            f"{_LEVELS} levels",
            lambda path: archive_gallery(table, render, path, of_measures, _LEVELS, "Levels"),
        )
    )
    return found


def _picture(what: str, draw: Callable[[Path], None]) -> str:
    """An image element of the PNG that ``draw`` writes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "picture.png"
        draw(path)
        data = base64.b64encode(path.read_bytes()).decode("ascii")
    return f'<img alt="{what}" width="{_WIDTH}" src="data:image/png;base64,{data}">'
