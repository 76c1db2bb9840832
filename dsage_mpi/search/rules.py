"""Selection rules: which of the candidates are simulated (``selection.kind``).

A rule gets positions into ``surrogate.data()`` in random order and returns those that it picks, in
the order in which they are to be simulated. One of your own is a function like these, or a class
with ``__call__`` and, if it has any, a nested class ``Settings`` (docs/extending.md).
"""

from __future__ import annotations

import numpy as np
from ribs.archives import ArchiveBase

from dsage_mpi.search.expected_gain import greedy_by_expected_gain
from dsage_mpi.search.selection import Indices, RuleContext


def everything(positions: Indices, context: RuleContext) -> Indices:
    """All of them."""
    return positions


def downsample(positions: Indices, context: RuleContext) -> Indices:
    """One per coarse cell: uniform among the cell's elites."""
    cells = np.asarray(context.surrogate.data("index"))
    coarse = context.known.archives.coarse_cells(cells, context.settings)
    _, first = np.unique(coarse[positions], return_index=True)
    return positions[np.sort(first)]


def at_random(positions: Indices, context: RuleContext) -> Indices:
    """A fixed number at random."""
    return positions[: _count(context)]


def empty_cells_first(positions: Indices, context: RuleContext) -> Indices:
    """A fixed number, those of cells first that have no real elite."""
    cells = np.asarray(context.surrogate.data("index"))
    occupied = np.isin(cells[positions], np.asarray(context.known.ground_truth.data("index")))
    first = np.argsort(occupied, kind="stable")[: _count(context)]
    return np.asarray(positions[first])


def expected_gain(positions: Indices, context: RuleContext) -> Indices:
    """A fixed number, one after the other what is expected to raise the QD-score most."""
    known = context.known
    fields = ["objective", "measures", *_spread(context.surrogate)]
    predicted = np.column_stack(list(context.surrogate.data(fields).values()))[positions]
    picked = greedy_by_expected_gain(
        predicted,
        known.calibration.outcomes,
        known.ground_truth,
        _count(context),
        context.on_progress,
        pending=known.pending,
    )
    return positions[picked]


def _spread(surrogate: ArchiveBase) -> list[str]:
    """The field that says how far an ensemble disagreed, if the predictions are those of one."""
    return [name for name in ("spread",) if name in surrogate.field_list]


def _count(context: RuleContext) -> int:
    count = context.settings.count_after(context.known.evaluations)
    assert count is not None  # checked by the schema
    return count
