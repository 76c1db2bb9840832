"""The learning curve: one CSV row per update, results of tests where one took place."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from dsage_mpi.core.atomic_files import atomic_write
from dsage_mpi.core.paths import open_for_appending
from dsage_mpi.core.state import CheckpointError


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
        with atomic_write(path, "w") as stream:
            writer = self._writer_to(stream)
            writer.writeheader()
            writer.writerows(kept)
        self._stream = os.fdopen(open_for_appending(path), "a", newline="", encoding="utf-8")
        self._writer = self._writer_to(self._stream)

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

    def _writer_to(self, stream: IO[str]) -> csv.DictWriter[str]:
        return csv.DictWriter(stream, self._columns, restval="", extrasaction="ignore")


def _rows_before(path: Path, number: str, first_update: int) -> list[dict[str, str]]:
    if not first_update:
        return []
    try:
        text = path.read_bytes().decode()
        # Of a last row without its end, for want of room, the number may be cut off too.
        whole = io.StringIO(text[: text.rfind("\n") + 1], newline="")
        return [row for row in csv.DictReader(whole) if int(row[number]) < first_update]
    except (KeyError, TypeError, ValueError, csv.Error):
        raise CheckpointError(
            f"{path} is not the learning curve of this training: expected a number in its column "
            f"{number!r} in each row. Move it away, or choose another --run-dir"
        ) from None
