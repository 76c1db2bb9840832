"""Files that are either the old ones or the new ones, never half of each."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any


@contextlib.contextmanager
def atomic_write(path: Path, mode: str = "wb") -> Iterator[IO[Any]]:
    """Opens a temporary file beside ``path`` that takes its place when the block succeeds.

    The data is synced to disk before the rename and the folder after it. If the block raises,
    ``path`` keeps its previous content and the temporary file is removed.

    Args:
        path: The file to replace; its folder must exist.
        mode: ``"wb"`` for bytes or ``"w"`` for UTF-8 text without newline translation.
    """
    descriptor, temporary = tempfile.mkstemp(
        prefix=f".{path.name}.", suffix=".tmp", dir=path.parent
    )
    text_options: dict[str, Any] = {} if "b" in mode else {"encoding": "utf-8", "newline": ""}
    try:
        with os.fdopen(descriptor, mode, **text_options) as file:
            yield file
            sync(file)
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    _sync_folder(path.parent)


def sync(file: IO[Any]) -> None:
    """Pushes written data to disk; file systems that cannot (some network ones) are forgiven."""
    file.flush()
    with contextlib.suppress(OSError):
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Makes a rename in ``folder`` survive a power cut, where the file system supports it."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _umask() -> int:
    """The process's umask (it can only be read by setting it)."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
