"""An archive's history, evaluation by evaluation, from the record of a run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Cell ((n,) int64, row-major in a grid) of measures ((n, k)).
CellOf = Callable[[NDArray[np.float64]], NDArray[np.int64]]


@dataclass(frozen=True)
class History:
    """The evaluations that entered the archive, in their order.

    Attributes:
        evaluation: (e,) int64 numbers, rising.
        cell: (e,) int64, which cell each took.
        last: (e,) bool, whether it is still there in the end.
    """

    evaluation: NDArray[np.int64]
    cell: NDArray[np.int64]
    last: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.evaluation)

    def rows_of(self, evaluations: NDArray[np.int64]) -> NDArray[np.int64]:
        """Where evaluations ((n,) numbers) stand in this history; -1 for those that do not."""
        if not len(self):
            return np.full(len(evaluations), -1, np.int64)
        rows = np.minimum(np.searchsorted(self.evaluation, evaluations), len(self) - 1)
        return np.where(self.evaluation[rows] == evaluations, rows, -1)


def replay(record: Mapping[str, Any], cell_of: CellOf) -> History:
    """Finds which evaluations filled or improved a cell, in the order of their numbers.

    A cell keeps its best; a tie keeps the incumbent (``search/archive.py``).

    Args:
        record: Columns ``failed``, ``objective`` and ``measures`` of all evaluations.
        cell_of: Cells of measures.
    """
    numbers = np.flatnonzero(~np.asarray(record["failed"], np.bool_))
    objective = np.asarray(record["objective"], np.float64)[numbers]
    measures = np.asarray(record["measures"], np.float64)[numbers]
    cells = np.asarray(cell_of(measures), np.int64) if len(numbers) else np.empty(0, np.int64)
    best: dict[int, float] = {}
    holder: dict[int, int] = {}
    entered: list[int] = []
    for row, (cell, value) in enumerate(zip(cells.tolist(), objective.tolist(), strict=True)):
        if value > best.get(cell, -np.inf):
            best[cell] = value
            holder[cell] = len(entered)
            entered.append(row)
    rows = np.array(entered, np.int64)
    last = np.zeros(len(rows), np.bool_)
    last[list(holder.values())] = True
    return History(numbers[rows], cells[rows], last)
