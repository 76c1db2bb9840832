"""Files that are either the old ones or the new ones, never half of each."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import fnmatch
import glob
import os
import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

#: Seconds within which a temporary file that is made has its lock.
_YOUNG = 2.0
#: Seconds after which nobody writes a temporary file any more, where there are no locks.
_OLD = 3600.0


@contextlib.contextmanager
def atomic_write(path: Path, mode: str = "wb", durable: bool = True) -> Iterator[IO[Any]]:
    """Opens a temporary file beside ``path`` that takes its place when the block succeeds.

    If the block raises,
    ``path`` keeps its previous content and the temporary file is removed.

    Args:
        path: The file to replace; its folder must exist.
        mode: ``"wb"`` for bytes or ``"w"`` for UTF-8 text without newline translation.
        durable: Whether to sync the data to disk before the rename, and the folder after it.
    """
    text_options: dict[str, Any] = {} if "b" in mode else {"encoding": "utf-8", "newline": ""}
    with (
        replacement(path, durable) as (descriptor, _),
        os.fdopen(descriptor, mode, closefd=False, **text_options) as file,
    ):
        yield file
        if durable:
            sync(file)


@contextlib.contextmanager
def replacement(path: Path, durable: bool = True) -> Iterator[tuple[int, Path]]:
    """A temporary file beside ``path``, which takes its place when the block succeeds.

    What killed programs left of earlier ones is removed.

    Args:
        path: The file to replace; its folder must exist.
        durable: Whether to sync the folder.

    Yields:
        Descriptor and name of the temporary file, which is locked for as long as it has that name.
    """
    remove_remains(path.parent, path.name)
    descriptor, temporary = tempfile.mkstemp(
        prefix=f".{path.name}.", suffix=".tmp", dir=path.parent
    )
    try:
        with contextlib.suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield descriptor, Path(temporary)
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    finally:
        os.close(descriptor)
    if durable:
        _sync_folder(path.parent)


def remove_remains(folder: Path, name: str | None = None) -> None:
    """Removes temporary files that programs left which were killed, as far as that can be done.

    Args:
        folder: Where they lie.
        name: Of the file that they were to replace; any if None.
    """
    pattern = f".{'*' if name is None else glob.escape(name)}.????????.tmp"
    with contextlib.suppress(OSError):
        for found in fnmatch.filter(os.listdir(folder), pattern):
            if _is_abandoned(folder / found):
                (folder / found).unlink(missing_ok=True)


def _is_abandoned(path: Path) -> bool:
    """Whether nobody writes a temporary file any more: the lock on it ends with its writer."""
    try:
        file = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        status = os.fstat(file)
        age = time.time() - status.st_mtime
        if not stat.S_ISREG(status.st_mode) or age < _YOUNG:
            return False
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        held = error.errno in (errno.EWOULDBLOCK, errno.EACCES, errno.EAGAIN)
        return not held and age > _OLD
    finally:
        os.close(file)
    return True


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
