"""Picking the solutions that are expected to raise the QD-score most, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from ribs.archives import ArchiveBase

if TYPE_CHECKING:
    from dsage_mpi.core.domain import Array

#: Predictions whose outcomes are looked at together, which bounds the memory.
_TOGETHER = 2_000


def greedy_by_expected_gain(
    predicted: Array,
    outcomes: Callable[[Array], Array],
    ground_truth: ArchiveBase,
    count: int,
    on_progress: Callable[[int], None] = lambda picked: None,
    *,
    pending: Iterable[Array] = (),
) -> NDArray[np.int64]:
    """Picks the solution of the greatest expected gain, supposes that it was added, and so on.

    An outcome in an empty cell gains its objective, one in a filled cell what it is better than
    the elite, if it is. Of equal gains the first is taken.

    Gains only shrink as solutions are added, so that an earlier gain bounds the present one: only
    what seems best is computed again (lazy greedy; Minoux 1978).

    Args:
        predicted: (n, b) what is believed of each solution, in numbers that ``outcomes`` takes.
        outcomes: Beliefs ((m, b)) to equally likely outcomes of each ((m, s, 1 + k)).
        ground_truth: Archive of real elites.
        count: How many are picked at most.
        on_progress: Called with the number picked so far, often.
        pending: Beliefs ((b,) each) that are supposed to be added already.

    Returns:
        (min(n, count),) int64 distinct positions.
    """
    gains = _Gains(outcomes, ground_truth)
    for belief in pending:
        gains.suppose(belief[None])
    bound = np.empty(len(predicted))
    for first in range(0, len(predicted), _TOGETHER):
        on_progress(0)
        bound[first : first + _TOGETHER] = gains.of(predicted[first : first + _TOGETHER])
    picked: list[int] = []
    while len(picked) < min(len(predicted), count):
        best = int(bound.argmax())
        gain = float(gains.of(predicted[best : best + 1])[0])
        if gain < bound[best]:
            bound[best] = gain
            continue
        gains.suppose(predicted[best : best + 1])
        bound[best] = -np.inf
        picked.append(best)
        on_progress(len(picked))
    return np.array(picked, dtype=np.int64)


class _Gains:
    """Expected gains over the real elites and what has been supposed to be added to them."""

    def __init__(self, outcomes: Callable[[Array], Array], ground_truth: ArchiveBase) -> None:
        self._outcomes, self._grid = outcomes, ground_truth
        self._best = np.zeros(int(ground_truth.cells))
        elites = ground_truth.data(["index", "objective"])
        self._best[elites["index"]] = elites["objective"]

    def of(self, predicted: Array) -> NDArray[np.float64]:
        """Mean gain ((m,)) of each belief ((m, b))."""
        _, gains = self._per_outcome(predicted)
        return np.asarray(gains.mean(axis=1))

    def suppose(self, predicted: Array) -> None:
        """Adds a belief ((1, b)) as if its outcomes came true in equal parts."""
        cells, gains = self._per_outcome(predicted)
        np.add.at(self._best, cells[0], gains[0] / gains.shape[1])

    def _per_outcome(self, predicted: Array) -> tuple[Array, Array]:
        values = self._outcomes(predicted)
        m, samples, quantities = values.shape
        cells = self._grid.index_of(values[:, :, 1:].reshape(m * samples, quantities - 1))
        cells = cells.reshape(m, samples)
        return cells, np.maximum(values[:, :, 0] - self._best[cells], 0.0)
