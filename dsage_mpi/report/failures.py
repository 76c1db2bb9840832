"""``failures.jsonl``: one JSON object per failed evaluation, with its traceback."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from dsage_mpi.report.files import atomic_write

logger = logging.getLogger(__name__)


class FailureLog:
    """Appends failed evaluations to a file and can go back to the state of a checkpoint.

    Args:
        path: The file; it is made with the first failure.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def append(self, record: Mapping[str, Any]) -> None:
        """Writes one failure; a disk that refuses is logged, not raised.

        Args:
            record: For instance ``evaluation``, ``rank``, ``error``, ``traceback``,
                ``solution``, ``level``; arrays and NumPy scalars become lists and numbers.
        """
        line = json.dumps(dict(record), default=_plain) + "\n"
        self._count += 1
        try:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(line)
        except OSError as error:
            logger.warning("cannot write %s: %s; lost the record: %s", self.path, error, line)

    def state(self) -> dict[str, Any]:
        """Number of failures so far, as a tree."""
        return {"count": self._count}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Drops the records that were written after the checkpoint, as their evaluations rerun."""
        self._count = int(state["count"])
        try:
            lines = self.path.read_bytes().splitlines(keepends=True)
        except FileNotFoundError:
            lines = []
        kept = lines[: self._count]
        if len(kept) < self._count:
            logger.warning(
                "%s has %d records, the checkpoint counted %d; the older ones are lost",
                self.path,
                len(kept),
                self._count,
            )
        if kept != lines:
            with atomic_write(self.path) as file:
                file.writelines(kept)


def read_failures(path: Path) -> list[dict[str, Any]]:
    """Records of a ``failures.jsonl``; none if there is no file, unfinished lines left out."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    records = []
    for line in lines:
        try:
            records.append(dict(json.loads(line)))
        except ValueError:
            continue
    return records


def _plain(value: Any) -> Any:
    """JSON form of what :mod:`json` does not know."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return str(value)
