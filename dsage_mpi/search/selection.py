"""Choosing elites of the surrogate archive for real evaluation (Bhatt et al. 2022, section 3).

Two questions are asked one after the other: which elites may be chosen at all (``candidates``), and
which of those are (``kind``). Every rule gives positions into ``archive.data()`` in random order: a
budget that cuts the list short then cuts it without favouring a corner of measure space.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from ribs.archives import GridArchive

from dsage_mpi.search.calibration import Calibration
from dsage_mpi.search.expected_gain import greedy_by_expected_gain

if TYPE_CHECKING:
    from dsage_mpi.config.tables import SelectionSettings
    from dsage_mpi.core.domain import Array

Indices = NDArray[np.int64]
#: Levels ((n, H, W) int8) -> (n,) bool: whether each has been simulated already.
Simulated = Callable[["Array"], NDArray[np.bool_]]

#: What an elite of the surrogate archive promises, best first.
NEW, IMPROVING, OTHER, SIMULATED = range(4)
#: ``selection.candidates`` -> the least that a candidate promises.
_ADMITTED = {"new": NEW, "improving": IMPROVING, "all": OTHER}


@dataclass(frozen=True)
class Selection:
    """Elites to evaluate for real.

    Attributes:
        positions: (n,) int64 distinct positions into ``surrogate.data()``, in evaluation order.
        candidates: How many elites ``selection.candidates`` admitted.
        filled: How many of the positions it did not admit: taken for want of candidates.
        missing: How many more solutions are wanted than the surrogate archive has.
    """

    positions: Indices
    candidates: int
    filled: int
    missing: int


@dataclass(frozen=True)
class Knowledge:
    """What is known by the time of a selection.

    Attributes:
        evaluations: How many there have been.
        ground_truth: Archive of real elites.
        simulated: Tells which levels have been simulated; those are never chosen.
        calibration: What predictions are worth, for ``kind = "expected_gain"``.
    """

    evaluations: int
    ground_truth: GridArchive
    simulated: Simulated
    calibration: Calibration


def select(
    settings: SelectionSettings,
    surrogate: GridArchive,
    known: Knowledge,
    rng: np.random.Generator,
    on_progress: Callable[[int], None] = lambda picked: None,
) -> Selection:
    """Chooses among the candidates; where they are too few, among the next best.

    Args:
        settings: The rules and their parameters.
        surrogate: Archive of predicted elites, with their levels (the same grid as the real one).
        known: What is known so far.
        rng: Stream of this outer iteration's selection.
        on_progress: Called with the number picked so far where picking takes long.
    """
    order = rng.permutation(len(surrogate))
    promise = promises(surrogate, known, settings.resimulate)[order]
    admitted = _ADMITTED[settings.candidates]
    candidates = int((promise <= admitted).sum())

    def rule(positions: Indices) -> Indices:
        return _by_rule(settings, surrogate, known, positions, on_progress)

    chosen = rule(order[promise <= admitted])
    enough, proper = _enough(settings, known, candidates), len(chosen)
    for worse in range(admitted + 1, SIMULATED):
        if len(chosen) < enough:
            more = rule(order[promise == worse])
            chosen = np.concatenate([chosen, more[: enough - len(chosen)]])
    return Selection(chosen, candidates, len(chosen) - proper, max(0, enough - len(chosen)))


def _enough(settings: SelectionSettings, known: Knowledge, candidates: int) -> int:
    """How many solutions an outer iteration evaluates at least, given so many candidates."""
    if candidates >= settings.at_least:
        return 0
    count = settings.count_after(known.evaluations)
    return settings.at_least if count is None else min(settings.at_least, count)


def promises(
    surrogate: GridArchive, known: Knowledge, resimulate: bool = False
) -> NDArray[np.int64]:
    """What each elite of the surrogate archive promises ((n,) ``NEW`` .. ``SIMULATED``).

    With ``resimulate`` none counts as ``SIMULATED``, as published.
    """
    data = surrogate.data(["index", "objective", "level"])
    best = np.full(int(surrogate.cells), -np.inf)
    real = known.ground_truth.data(["index", "objective"])
    best[real["index"]] = real["objective"]
    best = best[data["index"]]
    promise = np.where(data["objective"] > best, IMPROVING, OTHER)
    promise[np.isneginf(best)] = NEW
    if not resimulate:
        promise[known.simulated(data["level"])] = SIMULATED
    return np.asarray(promise)


def _by_rule(
    settings: SelectionSettings,
    surrogate: GridArchive,
    known: Knowledge,
    order: Indices,
    on_progress: Callable[[int], None],
) -> Indices:
    """Applies ``settings.kind`` to the positions in ``order``, which is random."""
    if settings.kind == "all":
        return order
    cells = np.asarray(surrogate.data("index"))
    if settings.kind == "downsample":
        assert settings.coarse_dims is not None  # checked by the schema
        return _one_per_coarse_cell(order, coarse_cells(surrogate, cells, settings.coarse_dims))
    count = settings.count_after(known.evaluations)
    assert count is not None  # checked by the schema
    if settings.kind == "random":
        return order[:count]
    if settings.kind == "expected_gain":
        data = surrogate.data(["objective", "measures"])
        predicted = np.column_stack([data["objective"], data["measures"]])[order]
        picked = greedy_by_expected_gain(
            predicted, known.calibration.outcomes, known.ground_truth, count, on_progress
        )
        return order[picked]
    occupied = np.isin(cells[order], np.asarray(known.ground_truth.data("index")))
    empty_first = np.argsort(occupied, kind="stable")[:count]
    return np.asarray(order[empty_first])


def coarse_cells(
    archive: GridArchive, cells: NDArray[np.int32], coarse_dims: tuple[int, ...]
) -> NDArray[np.int64]:
    """Coarse cell ((n,) flat index) that covers each fine cell.

    The coarse dims divide the fine ones, so that every coarse cell is a block of whole fine ones.
    """
    factors = np.asarray(archive.dims) // np.asarray(coarse_dims)
    grid = archive.int_to_grid_index(cells) // factors
    return np.asarray(np.ravel_multi_index(tuple(grid.T), coarse_dims), dtype=np.int64)


def _one_per_coarse_cell(order: Indices, coarse: NDArray[np.int64]) -> Indices:
    """First position in ``order`` of every coarse cell: uniform among the cell's elites."""
    _, first = np.unique(coarse[order], return_index=True)
    return order[np.sort(first)]
