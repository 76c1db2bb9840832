"""Choosing elites of the surrogate archive for real evaluation (Bhatt et al. 2022, section 3).

Two questions are asked one after the other: which elites may be chosen at all (``candidates``), and
which of those are (``kind``). Every rule gives positions into ``archive.data()`` in random order: a
budget that cuts the list short then cuts it without favouring a corner of measure space.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from ribs.archives import ArchiveBase

from dsage_mpi.config.components import SELECTION_RULES
from dsage_mpi.core.component_failures import ComponentFailedError, failures_of
from dsage_mpi.search.calibration import Calibration

if TYPE_CHECKING:
    from dsage_mpi.archives import Archives
    from dsage_mpi.config.tables import SelectionSettings
    from dsage_mpi.core.domain import Array

Indices = NDArray[np.int64]
#: Levels ((n, H, W) or (n, d)) -> (n,) bool: whether each has been simulated already.
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
        archives: Groups cells, for ``kind = "downsample"``.
        pending: (p, b) beliefs (`calibration`) about what is being simulated.
    """

    evaluations: int
    ground_truth: ArchiveBase
    simulated: Simulated
    calibration: Calibration
    archives: Archives
    pending: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 0)))


@dataclass(frozen=True)
class RuleContext:
    """What a selection rule decides by, beside the positions that it picks from.

    Attributes:
        settings: The table ``[selection]``; ``settings.own`` are those of a rule from elsewhere.
        surrogate: Archive of predicted elites.
        known: What is known so far.
        rng: Stream of this outer iteration's selection. The positions are in random order already.
        on_progress: To be called with the number picked so far where picking takes long.
    """

    settings: SelectionSettings
    surrogate: ArchiveBase
    known: Knowledge
    rng: np.random.Generator
    on_progress: Callable[[int], None]


def select(
    settings: SelectionSettings,
    surrogate: ArchiveBase,
    known: Knowledge,
    rng: np.random.Generator,
    on_progress: Callable[[int], None] = lambda picked: None,
) -> Selection:
    """Chooses among the candidates; where they are too few, among the next best.

    Args:
        settings: The rules and their parameters.
        surrogate: Archive of predicted elites, with their levels (the same cells as the real one).
        known: What is known so far.
        rng: Stream of this outer iteration's selection.
        on_progress: Called with the number picked so far where picking takes long.
    """
    order = rng.permutation(len(surrogate))
    promise = promises(surrogate, known, settings.resimulate)[order]
    admitted = _ADMITTED[settings.candidates]
    candidates = int((promise <= admitted).sum())

    context = RuleContext(settings, surrogate, known, rng, on_progress)

    def rule(positions: Indices) -> Indices:
        return _pick(positions, context)

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
    surrogate: ArchiveBase, known: Knowledge, resimulate: bool = False
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


def _pick(positions: Indices, context: RuleContext) -> Indices:
    """Applies the rule that ``selection.kind`` names to positions in random order.

    Raises:
        ComponentFailedError: A rule from elsewhere failed, or picked what it cannot.
    """
    kind = context.settings.kind
    rule = SELECTION_RULES.load(kind)
    if SELECTION_RULES.is_own(kind):
        return np.asarray(rule(positions, context))
    what = f'selection.kind = "{kind}"'
    with failures_of(what):
        if isinstance(rule, type):
            rule = rule()
        picked = np.asarray(rule(positions, context))
    if not picked.size:
        picked = picked.astype(np.int64)
    known = picked.ndim == 1 and picked.dtype.kind in "iu" and np.isin(picked, positions).all()
    if not known or len(np.unique(picked)) != len(picked):
        raise ComponentFailedError(
            f"{what} returned {picked.dtype} of shape {picked.shape}"
            f"{_strange(picked, positions)}: expected some of the {len(positions)} positions that "
            "it was given, as integers, each at most once"
        )
    return picked.astype(np.int64)


def _strange(picked: Array, positions: Indices) -> str:
    """Which of the picked positions cannot be, for a message."""
    if picked.ndim != 1 or picked.dtype.kind not in "iu":
        return ""
    if len(others := picked[~np.isin(picked, positions)]):
        return f", among them {others[0]}, which it was not given"
    values, counts = np.unique(picked, return_counts=True)
    return f", {values[counts.argmax()]} more than once"
