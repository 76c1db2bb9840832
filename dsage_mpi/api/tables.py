"""The tables of a run, for pandas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from dsage_mpi.core.domain import Array
    from dsage_mpi.core.state import Tree
    from dsage_mpi.report.export import ArchiveTable


def elites_table(archive: ArchiveTable, names: Tree) -> pd.DataFrame:
    """Returns the elites, one row each; the index is the evaluation that found the elite.

    Args:
        archive: The elites.
        names: Of ``measures`` and ``metadata`` columns.
    """
    cells = np.stack(np.unravel_index(archive.index, tuple(archive.dims)), axis=1)
    columns = {"cell": pd.Series(list(map(tuple, cells.tolist())), dtype=object)}
    table = pd.DataFrame({**columns, **_numbers(vars(archive), names)})
    return table.set_index(pd.Index(archive.evaluation, name="evaluation"))


def evaluations_table(record: Tree, names: Tree) -> pd.DataFrame:
    """Returns the evaluations, one row each; the index is their number.

    Args:
        record: The evaluation record.
        names: Of ``measures`` and ``metadata`` columns.
    """
    columns = {"iteration": np.asarray(record["iteration"]) + 1, "failed": record["failed"]}
    if "parent" in record:  # not in checkpoints of earlier versions
        columns["parent"] = record["parent"]
    table = pd.DataFrame({**columns, **_numbers(record, names)})
    table.index.name = "evaluation"
    return table


def metrics_table(rows: Sequence[Mapping[str, int | float | None]]) -> pd.DataFrame:
    """Returns the metrics, one row per outer iteration; NaN where there is no value."""
    table = pd.DataFrame(rows).set_index("iteration")
    # Columns without any value have None in them.
    return table.astype(dict.fromkeys(table.select_dtypes(object), float))


def _numbers(arrays: Any, names: Tree) -> dict[str, Array]:
    """Objective, measures and metadata by name; a measure's own column comes first."""
    measures, metadata = np.asarray(arrays["measures"]), np.asarray(arrays["metadata"])
    columns = {"objective": np.asarray(arrays["objective"])}
    columns |= {name: measures[:, k] for k, name in enumerate(names["measures"])}
    for k, name in enumerate(names["metadata"]):
        columns.setdefault(name, metadata[:, k])
    return columns
