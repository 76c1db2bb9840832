"""The learning curve: one CSV row per update, results of tests where one took place."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

from dsage_mpi.checkpoint.tree import CheckpointError


class LearningCurve:
    """Appends rows to ``learning_curve.csv``; on a restart, rows after the checkpoint are cut.

    Args:
        path: The file.
        columns: Its columns; the first one numbers the updates.
        first_update: Number of the first row that will be added.

    Raises:
        CheckpointError: Rows are to be kept, and the file there is no such curve.
    """

    def __init__(self, path: Path, columns: list[str], first_update: int):
        self._path = path
        self._columns = columns
        kept = _rows_before(path, columns[0], first_update) if path.exists() else []
        self._stream = path.open("w", newline="", encoding="utf-8")
        self._writer = csv.DictWriter(self._stream, columns, restval="", extrasaction="ignore")
        self._writer.writeheader()
        self._writer.writerows(kept)
        self._stream.flush()

    def add(self, row: Mapping[str, float | int]) -> None:
        """Writes one row; numbers are shortened to six significant digits."""
        self._writer.writerow(
            {
                key: f"{value:.6g}" if isinstance(value, float) else value
                for key, value in row.items()
            }
        )
        self._stream.flush()

    def close(self) -> None:
        """Closes the file."""
        self._stream.close()


def _rows_before(path: Path, number: str, first_update: int) -> list[dict[str, str]]:
    if not first_update:
        return []
    try:
        with path.open(newline="", encoding="utf-8") as stream:
            return [row for row in csv.DictReader(stream) if int(row[number]) < first_update]
    except (KeyError, TypeError, ValueError, csv.Error):
        raise CheckpointError(
            f"{path} is not the learning curve of this training: expected a number in its column "
            f"{number!r} in each row. Move it away, or choose another --run-dir"
        ) from None
