"""Does a checkpoint's contents make sense? What can be told without the domain."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from dsage_mpi.core.state import Tree
from dsage_mpi.run.restart_parts import missing


def inconsistencies(tree: Tree) -> Iterator[str]:
    """One line for each thing that cannot be.

    Args:
        tree: A run's checkpoint.
    """
    if lines := missing(tree):
        yield from lines
        return
    counters, record, failures = tree["counters"], tree["record"], tree["failures"]
    count = counters["evaluations"]
    for name, column in record.items():
        if len(column) != count:
            yield f"record/{name} has {len(column)} rows, counters/evaluations is {count}"
            return
    if not np.array_equal(failures["evaluation"], np.flatnonzero(record["failed"])):
        yield "failures/evaluation does not name the rows where record/failed is set"
    texts = failures["text"]
    if len(texts) != len(failures["evaluation"]):
        yield "failures/text has another number of rows than failures/evaluation"
    elif len(texts) and (texts.min() < 0 or texts.max() >= len(failures["texts"])):
        yield "failures/text names rows that failures/texts does not have"
    if counters["failures"] != int(record["failed"].sum()):
        yield f"counters/failures is {counters['failures']}, record/failed has another number"
    yield from _archive_problems(tree["archive"], record, count)


def _archive_problems(archive: Tree, record: Tree, count: int) -> Iterator[str]:
    rows = archive["evaluation"]
    if len(rows) and (rows.min() < 0 or rows.max() >= count):
        yield "archive/evaluation names rows that the record does not have"
        return
    if len(np.unique(archive["index"])) != len(rows):
        yield "archive/index has a cell twice"
    for name in ("objective", "measures", "metadata", "solution", "level"):
        if not np.array_equal(archive[name], record[name][rows], equal_nan=True):
            yield f"archive/{name} is not that of the evaluations that archive/evaluation names"
