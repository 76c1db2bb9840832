"""The archive's scores after every single evaluation, from the evaluation record.

An iteration's row in ``metrics.csv`` tells what a whole batch has changed; here the evaluations are
added one by one, in the order of their numbers. A cell keeps its elite until a strictly better
one comes (Bhatt et al. 2022, section 2), so that the result is the archive of the run.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dsage_mpi.archives import Archives

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class History:
    """What a run had found after each of its ``n`` evaluations; failed ones add nothing.

    Attributes:
        qd_score: (n,) sum of the elites' objectives.
        elites: (n,) number of elites.
        best: (n,) best objective so far; NaN before the first success.
        cells: Cells of the archive.
    """

    qd_score: Floats
    elites: NDArray[np.int64]
    best: Floats
    cells: int

    @property
    def coverage(self) -> Floats:
        """(n,) occupied cells / cells."""
        return self.elites / self.cells

    def first_at(self, target: float) -> int | None:
        """Evaluations until the QD-score was at least ``target``; None if it never was."""
        reached = np.flatnonzero(self.qd_score >= target)
        return int(reached[0]) + 1 if len(reached) else None


def replay(
    archives: Archives, objective: Floats, measures: Floats, failed: NDArray[np.bool_]
) -> History:
    """Adds evaluations to an empty archive, one by one.

    Args:
        archives: What makes archives with its cells.
        objective: (n,), in evaluation order.
        measures: (n, k).
        failed: (n,) evaluations that add nothing.
    """
    ok = np.flatnonzero(~failed)
    empty = archives.make(solution_dim=1, ranges=archives.settings.ranges, seed=0)
    cells = empty.index_of(measures[ok])
    # Best of each cell so far, and before this evaluation.
    frame = pd.DataFrame({"cell": cells, "objective": objective[ok]})
    best = frame.groupby("cell", sort=False)["objective"].cummax().to_numpy()
    frame["best"] = best
    before = frame.groupby("cell", sort=False)["best"].shift().to_numpy()
    first = np.isnan(before)
    gain, new = np.zeros(len(objective)), np.zeros(len(objective), np.int64)
    gain[ok], new[ok] = np.where(first, best, best - before), first
    overall = np.full(len(objective), -np.inf)
    overall[ok] = objective[ok]
    overall = np.maximum.accumulate(overall)
    return History(
        qd_score=np.cumsum(gain),
        elites=np.cumsum(new),
        best=np.where(np.isinf(overall), np.nan, overall),
        cells=archives.settings.cell_count,
    )
