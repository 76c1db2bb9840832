"""Picking the solutions that are expected to raise the QD-score most, one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from ribs.archives import GridArchive

if TYPE_CHECKING:
    from dsage_mpi.domains.base import Array


def greedy_by_expected_gain(
    outcomes: Array, ground_truth: GridArchive, count: int
) -> NDArray[np.int64]:
    """Picks the solution of the greatest expected gain, supposes that it was added, and so on.

    An outcome in an empty cell gains its objective, one in a filled cell what it is better than
    the elite, if it is. Of equal gains the first is taken.

    Args:
        outcomes: (n, s, 1 + k) equally likely objectives and measures of each solution.
        ground_truth: Archive of real elites.
        count: How many are picked at most.

    Returns:
        (min(n, count),) int64 distinct positions.
    """
    n, samples, quantities = outcomes.shape
    objective, measures = outcomes[:, :, 0], outcomes[:, :, 1:]
    cells = ground_truth.index_of(measures.reshape(n * samples, quantities - 1))
    cells = cells.reshape(n, samples)
    best = np.zeros(int(ground_truth.cells))
    elites = ground_truth.data(["index", "objective"])
    best[elites["index"]] = elites["objective"]
    left = np.ones(n, np.bool_)
    picked: list[int] = []
    for _ in range(min(n, count)):
        gain = np.maximum(objective - best[cells], 0.0).mean(axis=1)
        choice = int(np.where(left, gain, -1.0).argmax())
        picked.append(choice)
        left[choice] = False
        mine = cells[choice]
        added = np.maximum(objective[choice] - best[mine], 0.0) / samples
        np.add.at(best, mine, added)
    return np.array(picked, dtype=np.int64)
