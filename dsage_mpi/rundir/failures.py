"""``failures.jsonl``: one JSON object per failed evaluation, with its traceback."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from dsage_mpi.core.atomic_files import atomic_write
from dsage_mpi.core.paths import open_for_appending

logger = logging.getLogger(__name__)


class FailureLog:
    """Appends failed evaluations to a file; a restart writes it again from its checkpoint.

    Args:
        path: The file; it is made with the first failure.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, record: Mapping[str, Any]) -> None:
        """Writes one failure; a disk that refuses is logged, not raised.

        Args:
            record: For instance ``evaluation``, ``rank``, ``error``, ``traceback``,
                ``solution``, ``level``; arrays and NumPy scalars become lists and numbers.
        """
        line = _line(record)
        try:
            _append(self.path, line.encode())
        except OSError as error:
            logger.warning("cannot write %s: %s; lost the record: %s", self.path, error, line)

    def rewrite(self, records: Iterable[Mapping[str, Any]]) -> None:
        """Replaces what the file holds; one that is not there is made only if there are records.

        A disk that refuses is logged, not raised: the checkpoint has it all.
        """
        lines = [_line(record) for record in records]
        if not lines and not self.path.exists():
            return
        try:
            with atomic_write(self.path, "w") as file:
                file.writelines(lines)
        except OSError as error:
            logger.warning("cannot write %s: %s; it is out of date", self.path, error)


def headline(reason: str) -> str:
    """The line of a failure's reason that says what it is about.

    Of Python's tracebacks that is the one after the last frame, of all else the first.
    """
    lines = [line for line in reason.splitlines() if line.strip()]
    if not lines:
        return "no reason is known"
    if not any(line.startswith("Traceback (most recent call last)") for line in lines):
        return lines[0]
    frames = [number for number, line in enumerate(lines) if line.startswith("  ")]
    after = frames[-1] + 1 if frames else 0
    return lines[after] if after < len(lines) else lines[-1]


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


def _append(path: Path, line: bytes) -> None:
    """Adds all of ``line`` or nothing: half a line would spoil the next one too."""
    with open(open_for_appending(path), "ab", buffering=0) as file:
        end = file.tell()
        try:
            left = memoryview(line)
            while left:
                left = left[file.write(left) :]
        except OSError:
            file.truncate(end)
            raise


def _line(record: Mapping[str, Any]) -> str:
    return json.dumps(dict(record), default=_plain) + "\n"


def _plain(value: Any) -> Any:
    """JSON form of what :mod:`json` does not know."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return str(value)
