"""Does a checkpoint's contents make sense? What can be told without the domain."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from dsage_mpi.checkpoint.tree import Tree


def inconsistencies(tree: Tree) -> Iterator[str]:
    """One line for each thing that cannot be.

    Args:
        tree: A run's checkpoint.
    """
    wanted = ("config", "counters", "record", "failures", "archive", "metrics", "rng")
    if missing := [name for name in wanted if name not in tree]:
        yield f"it has no {', '.join(missing)}: no checkpoint of a run"
        return
    counters, record, failures = tree["counters"], tree["record"], tree["failures"]
    count = counters["evaluations"]
    for name, column in record.items():
        if len(column) != count:
            yield f"record/{name} has {len(column)} rows, counters/evaluations is {count}"
            return
    if not np.array_equal(failures["evaluation"], np.flatnonzero(record["failed"])):
        yield "failures/evaluation does not name the rows where record/failed is set"
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
