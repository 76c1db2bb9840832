"""Makes a run the data of a page: what its script reads, small enough to send by mail."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dsage_mpi.core.domain import DomainError
from dsage_mpi.report.figures.gallery import select_diverse
from dsage_mpi.report.figures.style import readable, unit_beside
from dsage_mpi.report.history import History, replay
from dsage_mpi.report.page.pack import (
    OCCUPANCY_BITS,
    Packed,
    four_digits,
    packed_column,
    packed_levels,
    packed_occupancy,
    packed_paths,
    packed_rising,
)
from dsage_mpi.report.page.searched import searched_content
from dsage_mpi.report.page.sheets import drawing_of, packed_sheet
from dsage_mpi.report.page.source import PageRun

logger = logging.getLogger(__name__)

#: Texts of failures that a page shows.
_MOST_FAILURES = 200
#: Elites that come first where not all can have something.
_SPREAD = 96


@dataclass(frozen=True)
class Limits:
    """How much a page may take.

    Attributes:
        characters: Of the data of one run.
        paths: Elites of which the agent's way is kept; 0 for none.
    """

    characters: int = 5_700_000
    paths: int = 48


def run_content(run: PageRun, limits: Limits) -> Packed:
    """The data of one run, in the order in which it gets room: what does not fit is said."""
    history = replay(run.record, run.cell_of)
    left_out: list[str] = []
    content: Packed = {
        **_facts(run),
        "evaluation": packed_rising(history.evaluation),
        "cell": packed_column(history.cell),
        "columns": _columns(run, history),
        "rows": _rows(run.rows),
        "failures": [[number, text] for number, text in run.failures[:_MOST_FAILURES]],
        "checked": _checked(run),
    }
    _add_parents(content, run, history)
    _add_parameters(content, run, history, limits, left_out)
    _add_levels(content, run, history, limits, left_out)
    _add_paths(content, run, history, limits, left_out)
    _add_predictions(content, run, history, limits, left_out)
    _add_searched(content, run, limits, left_out)
    _add_occupancy(content, run, history, limits, left_out)
    content["leftOut"] = left_out
    return content


def _facts(run: PageRun) -> Packed:
    axes = run.measures
    labels = [readable(name) for name in axes.names]
    return {
        "name": run.name,
        "title": run.title,
        "path": run.path,
        "state": run.state,
        "facts": [list(fact) for fact in run.facts],
        "evaluations": len(run.record["failed"]),
        "failed": int(np.sum(run.record["failed"])),
        "measures": [
            {"name": name, "label": label, "unit": unit_beside(name, unit), "range": list(span)}
            for name, label, unit, span in zip(
                axes.names, labels, axes.units, axes.ranges.tolist(), strict=True
            )
        ],
        "dims": list(axes.dims),
        "cells": axes.cells,
        "centres": [
            packed_column(column) for column in (() if axes.centres is None else axes.centres.T)
        ],
        "coarse": list(run.coarse),
        "config": run.config,
        "versions": run.versions,
        "filmed": run.filmed,
    }


def _columns(run: PageRun, history: History) -> list[Packed]:
    """Objective, measures and metadata of what entered the archive; no quantity twice."""
    record, rows = run.record, history.evaluation
    named = {"objective": np.asarray(record["objective"])}
    measures, metadata = np.asarray(record["measures"]), np.asarray(record["metadata"])
    named |= {name: measures[:, k] for k, name in enumerate(run.measures.names)}
    for k, name in enumerate(run.metadata_names):
        named.setdefault(name, metadata[:, k])
    units = dict(zip(run.measures.names, run.measures.units, strict=True))
    return [
        {
            "name": name,
            "label": readable(name),
            "unit": unit_beside(name, units.get(name, "")),
            **packed_column(values[rows]),
        }
        for name, values in named.items()
    ]


def _rows(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[float | None]]:
    """The metrics by column, rounded to what a curve shows; empty columns left out."""
    names = list(rows[0]) if rows else []
    columns = {name: [_short(row.get(name)) for row in rows] for name in names}
    return {name: c for name, c in columns.items() if any(value is not None for value in c)}


def _short(value: float | None) -> float | None:
    return None if value is None or not np.isfinite(value) else float(f"{value:.6g}")


def _checked(run: PageRun) -> Packed | None:
    """The last predictions that were simulated, and what that gave."""
    if run.checked is None or not len(run.checked[0]):
        return None
    predicted, real, low, high = (_by_quantity(values) for values in run.checked)
    told = any(value is not None for column in low for value in column)
    return {
        "names": ["objective", *map(readable, run.measures.names)],
        "predicted": predicted,
        "real": real,
        **({"ends": list(zip(low, high, strict=True))} if told else {}),
    }


def _by_quantity(values: NDArray[np.float64]) -> list[list[float | None]]:
    return [[_short(value) for value in column] for column in values.T.tolist()]


def _add_parents(content: Packed, run: PageRun, history: History) -> None:
    """Of each elite the one that it descends from, where that is known of any."""
    if "parent" not in run.record:  # a run of an earlier version
        return
    parents = history.rows_of(np.asarray(run.record["parent"], np.int64)[history.evaluation])
    if (parents >= 0).any():
        content["parents"] = packed_column(parents)


def _add_parameters(
    content: Packed, run: PageRun, history: History, limits: Limits, left_out: list[str]
) -> None:
    """What solutions say by name, as text."""
    if run.parameters is None or not len(history):
        return
    given = run.parameters(history.evaluation)
    names = list(given[0])
    values = [[_told(one[name]) for name in names] for one in given]
    made = {"names": [readable(name) for name in names], "values": values}
    if _fits(content, made, limits):
        content["parameters"] = made
    else:
        left_out.append("The values of the solutions are left out: they are too many.")


def _told(value: Any) -> str:
    return f"{value:.5g}" if isinstance(value, float) else str(value)


def _add_levels(
    content: Packed, run: PageRun, history: History, limits: Limits, left_out: list[str]
) -> None:
    levels = np.asarray(run.record["level"])
    if run.looks is None or not levels.size or not len(history):
        return
    preferred = _spread(run, history, _SPREAD)
    drawing = drawing_of(run.looks, levels[history.evaluation], preferred)
    content["sheet"] = packed_sheet(drawing.sheet)
    content["pictures"] = {str(row): text for row, text in drawing.pictures.items()}
    if drawing.pictures:
        left_out.append(
            f"How levels look depends on more than their tiles: {len(drawing.pictures)} of them "
            "are shown as the domain draws them, the others in plain squares."
        )
    every = {**packed_levels(drawing.codes), "rows": "all"}
    if _fits(content, every, limits):
        content["levels"] = every
        return
    last = {**packed_levels(drawing.codes[history.last]), "rows": "last"}
    if _fits(content, last, limits):
        content["levels"] = last
        left_out.append("Levels of elites that were replaced later are left out.")
    else:
        left_out.append("Levels are left out: they are too many, or too large.")


def _add_paths(
    content: Packed, run: PageRun, history: History, limits: Limits, left_out: list[str]
) -> None:
    if run.paths is None or not limits.paths or not len(history):
        return
    rows = np.sort(_spread(run, history, limits.paths))
    try:
        paths = run.paths(history.evaluation[rows])
    except DomainError as error:
        left_out.append(f"The agent's ways are left out: {error}")
        return
    counts = np.array([len(of_one) for of_one in paths], np.int64)
    flat = [np.asarray(path) for of_one in paths for path in of_one]
    content["paths"] = {
        "of": packed_rising(rows),
        "counts": packed_column(counts),
        **packed_paths(flat),
    }


def _add_predictions(
    content: Packed, run: PageRun, history: History, limits: Limits, left_out: list[str]
) -> None:
    """What the surrogate, as it was trained last, predicts for what is in the archive."""
    if run.predict is None or not len(history):
        return
    try:
        predicted = run.predict(np.asarray(run.record["level"])[history.evaluation])
    except DomainError as error:
        left_out.append(f"The surrogate's predictions are left out: {error}")
        return
    # Networks add in another order from machine to machine: four digits are the same on all.
    shown = [four_digits(predicted[:, k]) for k in range(predicted.shape[1])]
    made = [packed_column(values) for values in shown]
    if _fits(content, {"": made}, limits):
        content["predicted"] = made
    else:
        left_out.append("The surrogate's predictions are left out: they are too many.")


def _add_searched(content: Packed, run: PageRun, limits: Limits, left_out: list[str]) -> None:
    """The surrogate's archive, and which of it was chosen."""
    made = searched_content(run)
    if made is not None and _fits(content, made, limits):
        content["searched"] = made
    elif made is not None:
        left_out.append("The surrogate's archive is left out: it takes too much room.")


def _add_occupancy(
    content: Packed, run: PageRun, history: History, limits: Limits, left_out: list[str]
) -> None:
    if run.occupancy is None or "levels" not in content or not len(history):
        return
    rows = slice(None) if content["levels"]["rows"] == "all" else history.last
    try:
        visits = run.occupancy(history.evaluation[rows])
    except DomainError as error:
        left_out.append(f"Where the agent went is left out: {error}")
        return
    if not visits.any():
        return
    for bits in OCCUPANCY_BITS:
        made = packed_occupancy(visits, bits)
        if _fits(content, made, limits):
            content["occupancy"] = made
            if bits < max(OCCUPANCY_BITS):
                left_out.append(f"The agent's visits are shown in {2**bits - 1} shades only.")
            return
    left_out.append("Where the agent went is left out: it takes too much room.")


def _spread(run: PageRun, history: History, count: int) -> NDArray[np.int64]:
    """Rows of elites that lie far from each other in measure space, the best one first."""
    rows = np.flatnonzero(history.last)
    numbers = history.evaluation[rows]
    measures = np.asarray(run.record["measures"])[numbers]
    best = int(np.argmax(np.asarray(run.record["objective"])[numbers]))
    picked = select_diverse(measures, run.measures.ranges.T, count - 1)
    return rows[list(dict.fromkeys([best, *picked.tolist()]))]


def _fits(content: Packed, more: Packed, limits: Limits) -> bool:
    return len(json.dumps(content)) + len(json.dumps(more)) <= limits.characters
