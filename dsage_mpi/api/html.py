"""A run as a notebook shows it: numbers, archive, six levels."""

from __future__ import annotations

import base64
import html
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dsage_mpi.core.domain import DomainError
from dsage_mpi.report.figures.gallery import archive_gallery
from dsage_mpi.report.figures.run import archive_figures
from dsage_mpi.run.finish import look, run_title

if TYPE_CHECKING:
    from dsage_mpi.config.schema import Config
    from dsage_mpi.core.domain import Array
    from dsage_mpi.report.export import ArchiveTable

_LEVELS = 6
_WIDTH = 480


def run_html(
    config: Config,
    facts: Mapping[str, str],
    table: ArchiveTable,
    failed: Array,
    render: Callable[[Array], Array],
) -> str:
    """Returns the run as HTML; pictures are in it.

    Args:
        config: Of the run.
        facts: What comes first, by name.
        table: Its archive.
        failed: (n,) bool, which evaluations failed.
        render: Draws one level; raises ``DomainError`` where what it needs is missing.
    """
    rows = "".join(
        f"<tr><th style='text-align:left'>{html.escape(name)}</th>"
        f"<td style='text-align:left'>{html.escape(text)}</td></tr>"
        for name, text in {**facts, **_numbers(config, table, failed)}.items()
    )
    numbers = f"<b>{html.escape(run_title(config))}</b><table>{rows}</table>"
    pictures = "".join(f"<div>{picture}</div>" for picture in _pictures(config, table, render))
    row = '<div style="display:flex;flex-wrap:wrap;gap:1em;align-items:flex-start">'
    return f"<div>{numbers}{row}{pictures}</div></div>"


def _numbers(config: Config, table: ArchiveTable, failed: Array) -> dict[str, str]:
    budget, failures = config.algorithm.max_evaluations, int(np.sum(failed))
    found = {
        "evaluations": f"{len(failed)} of {budget}" + (f", {failures} failed" if failures else ""),
        "elites": f"{len(table)} of {table.cells} cells ({100 * table.coverage:.2f} %)",
        "QD-score": f"{table.qd_score:.6g}",
    }
    if len(table):
        best, mean = table.objective.max(), table.objective.mean()
        found["objective"] = f"best {best:.4g}, mean {mean:.4g}"
    return found


def _pictures(
    config: Config, table: ArchiveTable, render: Callable[[Array], Array]
) -> Iterator[str]:
    if not len(table):
        return
    plain = replace(look(config, render), title="")
    draw_archive = archive_figures(table, plain)["archive.png"]
    yield _picture("archive", lambda path: draw_archive(path=path))
    gallery = partial(
        archive_gallery, table, render, units=plain.units, count=_LEVELS, title="Levels"
    )
    try:
        yield _picture(f"{_LEVELS} levels", lambda path: gallery(path=path))
    except DomainError as error:  # an agent or Java that this machine lacks
        yield f"<p>no levels are shown: {html.escape(str(error))}</p>"


def _picture(what: str, draw: Callable[[Path], None]) -> str:
    """An image element of the PNG that ``draw`` writes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "picture.png"
        draw(path)
        data = base64.b64encode(path.read_bytes()).decode("ascii")
    return f'<img alt="{what}" width="{_WIDTH}" src="data:image/png;base64,{data}">'
