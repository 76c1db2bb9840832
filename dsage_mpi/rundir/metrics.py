"""``metrics.csv``: one row per outer iteration, in fixed and documented columns."""

from __future__ import annotations

import csv
import io
import logging
import math
import numbers
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from dsage_mpi.core.atomic_files import sync
from dsage_mpi.core.csv_files import csv_text, write_csv
from dsage_mpi.core.paths import open_for_appending
from dsage_mpi.rundir.metric_columns import TIMING_COLUMNS, Column, columns_of

#: What a cell can hold; None is a cell that has no meaning in that row.
Value = int | float | None
Row = dict[str, Value]

logger = logging.getLogger(__name__)


class MetricsError(ValueError):
    """A row or a file does not fit the columns."""


class Metrics:
    """The rows of a run, kept in memory and in a CSV file that is complete after every row.

    Args:
        path: The CSV file. An existing one is replaced by the first row or
            :meth:`load_state`, whichever comes first.
        measures: Names of the archive's measures, each of which gets an error column.
        of_method: As in ``columns_of``.
    """

    def __init__(
        self,
        path: Path,
        measures: Sequence[str] = (),
        of_method: Mapping[str, str] | None = None,
    ) -> None:
        self.path = path
        self.columns = columns_of(measures, of_method)
        self._by_name = {column.name: column for column in self.columns}
        if len(self._by_name) != len(self.columns):
            raise MetricsError(f"two columns of metrics.csv share a name; measures: {measures}")
        self._rows: list[Row] = []
        self._file_is_ours = False

    @property
    def result_columns(self) -> tuple[str, ...]:
        """Names of the columns that are results, the measures' errors included."""
        return tuple(c.name for c in self.columns if c.name not in TIMING_COLUMNS)

    @property
    def rows(self) -> list[Row]:
        """Copies of all rows so far."""
        return [dict(row) for row in self._rows]

    @property
    def last(self) -> Row | None:
        """A copy of the newest row, if there is any."""
        return dict(self._rows[-1]) if self._rows else None

    def append(self, row: Mapping[str, Any]) -> None:
        """Adds one outer iteration and writes it to disk.

        A disk that refuses is logged, not raised: the row stays in memory, and the whole file is
        written again with the next row.

        Args:
            row: Column name to number; columns that mean nothing here may be missing or None.

        Raises:
            MetricsError: Unknown columns, missing required ones, or values of the wrong type.
        """
        checked = self._checked(row)
        self._rows.append(checked)
        try:
            if self._file_is_ours:
                with open(open_for_appending(self.path), "a", encoding="utf-8", newline="") as file:
                    file.write(csv_text([self._cells(checked)]))
                    sync(file)
            else:
                self._rewrite()
        except OSError as error:
            self._file_is_ours = False
            logger.warning(
                "cannot write %s: %s; the row is kept and written with the next one",
                self.path,
                error,
            )

    def state(self) -> dict[str, Any]:
        """All rows as a tree: one array per column, int64 (missing: -1) or float64 (NaN)."""
        columns = {
            column.name: np.array(
                [_stored(row[column.name], column) for row in self._rows],
                dtype=np.int64 if column.kind is int else np.float64,
            )
            for column in self.columns
        }
        return {"columns": columns}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Restores rows and rewrites the file, so that rows after the checkpoint are gone.

        Columns that there were not yet when the checkpoint was written stay empty in its rows.

        Raises:
            MetricsError: The state has other columns, i.e. belongs to other measures.
        """
        columns: Mapping[str, Any] = state["columns"]
        required = {column.name for column in self.columns if column.required}
        if not required <= set(columns) <= set(self._by_name):
            raise MetricsError(
                f"the checkpoint's metrics have other columns: {sorted(columns)}; "
                f"expected {sorted(self._by_name)}"
            )
        arrays = {name: np.atleast_1d(np.asarray(values)) for name, values in columns.items()}
        count = len(arrays["iteration"])
        empty: Row = dict.fromkeys(self._by_name)
        self._rows = [
            empty
            | {name: _restored(values[i], self._by_name[name]) for name, values in arrays.items()}
            for i in range(count)
        ]
        self._rewrite()

    def results(self) -> list[Row]:
        """All rows without the columns that a clock fills."""
        names = self.result_columns
        return [{name: row[name] for name in names} for row in self._rows]

    def _checked(self, row: Mapping[str, Any]) -> Row:
        unknown = sorted(set(row) - set(self._by_name))
        if unknown:
            raise MetricsError(
                f"unknown column(s) {', '.join(unknown)}; expected {', '.join(self._by_name)}"
            )
        missing = [c.name for c in self.columns if c.required and row.get(c.name) is None]
        if missing:
            raise MetricsError(f"row lacks the required column(s) {', '.join(missing)}")
        return {column.name: _converted(row.get(column.name), column) for column in self.columns}

    def _rewrite(self) -> None:
        write_csv(self.path, self._by_name, map(self._cells, self._rows))
        self._file_is_ours = True

    def _cells(self, row: Row) -> list[str]:
        return ["" if row[name] is None else repr(row[name]) for name in self._by_name]


def read_metrics(path: Path) -> list[Row]:
    """Rows of a ``metrics.csv``, numbers converted; an unfinished last line is left out.

    Raises:
        MetricsError: The file is not there or not one of ours.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise MetricsError(f"cannot read {path}: {error}") from error
    complete = text[: text.rfind("\n") + 1]
    reader = csv.DictReader(io.StringIO(complete))
    if not {"iteration", "evaluations"} <= set(reader.fieldnames or ()):
        raise MetricsError(f"{path} is no metrics.csv: its header lacks iteration and evaluations")
    counts = {column.name for column in columns_of(()) if column.kind is int}
    rows: list[Row] = []
    for line, cells in enumerate(reader, start=2):
        try:
            rows.append({k: _parsed(v, k in counts) for k, v in cells.items()})
        except (ValueError, TypeError) as error:
            raise MetricsError(f"{path}, line {line}: {error}") from error
    return rows


def _parsed(cell: str, count: bool) -> Value:
    if cell == "":
        return None
    return int(cell) if count else float(cell)


def _converted(value: Any, column: Column) -> Value:
    """Plain Python number of the column's kind; NaN means the same as None."""
    if value is None:
        return None
    if column.kind is int:
        if isinstance(value, bool) or not isinstance(value, numbers.Integral) or value < 0:
            raise MetricsError(f"{column.name} = {value!r}: expected a whole number >= 0")
        return int(value)
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise MetricsError(f"{column.name} = {value!r}: expected a number") from None
    return None if math.isnan(number) else number


def _stored(value: Value, column: Column) -> int | float:
    if value is not None:
        return value
    return -1 if column.kind is int else math.nan


def _restored(value: Any, column: Column) -> Value:
    if column.kind is int:
        return None if value < 0 else int(value)
    return None if math.isnan(value) else float(value)
