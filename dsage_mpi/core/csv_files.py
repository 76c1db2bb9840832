"""Writes CSV files: lines end with a newline alone, and a file is replaced as a whole."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from dsage_mpi.core.atomic_files import atomic_write


def csv_text(rows: Iterable[Iterable[Any]]) -> str:
    """Returns the lines of ``rows``, each with its newline."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def write_csv(path: Path, header: Iterable[str], rows: Iterable[Iterable[Any]]) -> None:
    """Replaces ``path`` atomically by a header and ``rows``.

    Raises:
        OSError: It cannot be written; the old file is untouched.
    """
    text = csv_text([header, *rows])
    with atomic_write(path, "w") as file:
        file.write(text)
