"""The surrogate's archive as data of a page, beside what simulating the chosen ones gave."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dsage_mpi.report.page.pack import Packed, four_digits, packed_column
from dsage_mpi.report.page.source import PageRun


def searched_content(run: PageRun) -> Packed | None:
    """What the surrogate believed, cell by cell; None if that is not known.

    Of those that were chosen, the number of the evaluation, and what it found: a NaN where it has
    failed or is still to come.
    """
    found = run.searched
    fits = found is not None and found.measures.shape[1:] == (len(run.measures.names),)
    if found is None or not len(found.cell) or not fits or found.cell.max() >= run.measures.cells:
        return None
    believed = np.column_stack([found.objective, found.measures])
    return {
        "iteration": found.iteration + 1,
        "cell": packed_column(found.cell),
        "evaluation": packed_column(found.place),
        "predicted": [packed_column(four_digits(column)) for column in believed.T],
        "real": [packed_column(column) for column in _real(run, found.place).T],
    }


def _real(run: PageRun, numbers: NDArray[np.int64]) -> NDArray[np.float64]:
    """Objective and measures ((s, 1 + k)) of evaluations ((s,) numbers, -1 for none)."""
    record = run.record
    failed = np.asarray(record["failed"], np.bool_)
    values = np.column_stack([record["objective"], record["measures"]]).astype(np.float64)
    real = np.full((len(numbers), values.shape[1]), np.nan)
    there = (numbers >= 0) & (numbers < len(failed))
    there[there] = ~failed[numbers[there]]
    real[there] = values[numbers[there]]
    return real
