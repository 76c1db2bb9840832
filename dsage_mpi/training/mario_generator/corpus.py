"""The levels a generator learns from: written by the package's author, or text files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dsage_mpi.core.domain import DomainError
from dsage_mpi.core.paths import is_file, kind_of, list_folder
from dsage_mpi.domains.mario.records import WIDTH
from dsage_mpi.domains.mario.tiles import from_text
from dsage_mpi.domains.tensor_files import why_no_file
from dsage_mpi.training.mario_generator.author import write_levels


def authored_levels(rng: np.random.Generator, count: int) -> NDArray[np.int8]:
    """(count, 16, 56) levels of the package's own author."""
    return write_levels(rng, count)


def folder_levels(folder: Path, stride: int) -> NDArray[np.int8]:
    """All windows of the level files (``*.txt``) in a folder, in the order of their names.

    Args:
        folder: Files of 14 to 16 equally long lines, at least 56 wide. Finer kinds of a tile
            become the one of the 17 that stands for them (mario.md section 12).
        stride: Columns between two windows of a file.

    Returns:
        (n, 16, 56) tile indices.

    Raises:
        DomainError: If there is no such folder or file, or a file is no level.
    """
    try:
        kind, inside = kind_of(folder), list_folder(folder)
    except OSError as error:
        raise DomainError(
            f"corpus.folder = {str(folder)!r}: {folder.absolute()} cannot be read: "
            f"{error.strerror or error}"
        ) from error
    if kind != "folder":
        what = "does not exist" if kind is None else "is a file"
        raise DomainError(
            f"corpus.folder = {str(folder)!r}: {folder.absolute()} {what}; expected a folder of "
            'level files (*.txt), or "" for levels of the package\'s author'
        )
    files = [path for path in inside if path.match("*.txt")]
    if not files:
        raise DomainError(f"corpus.folder: {folder.absolute()} has no level files (*.txt)")
    windows: list[NDArray[np.int8]] = []
    for path in files:
        level = read_level(path)
        starts = range(0, level.shape[1] - WIDTH + 1, stride)
        windows.extend(level[:, start : start + WIDTH] for start in starts)
    return np.stack(windows)


def read_level(path: Path) -> NDArray[np.int8]:
    """A level file of any width as (16, w) tile indices.

    Raises:
        DomainError: Naming file, row and column of what is wrong.
    """
    try:
        if not is_file(path):
            raise DomainError(f"level file {path}: {why_no_file(path)}; expected a text file")
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        reason = error.strerror or error
        raise DomainError(f"level file {path}: cannot be read: {reason}") from error
    except UnicodeDecodeError as error:
        raise DomainError(f"level file {path}: is no text (UTF-8)") from error
    try:
        level = from_text(text)
    except ValueError as error:
        raise DomainError(f"level file {path}: {error}") from None
    if level.shape[1] < WIDTH:
        raise DomainError(
            f"level file {path}: {level.shape[1]} columns in row 1; expected {WIDTH} or more "
            "(one window)"
        )
    return level
