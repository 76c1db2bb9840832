"""Looks at paths the same way on every Python, and makes files that nobody has planted.

``Path.exists`` and its kin raise ``PermissionError`` before Python 3.14, and say "no" from then on.
Here, what is not there is None or False, and what cannot be looked at raises ``OSError``.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from pathlib import Path
from typing import Literal

Kind = Literal["file", "folder", "other"]


def kind_of(path: Path) -> Kind | None:
    """What is at ``path``, symbolic links followed; None if there is nothing.

    Raises:
        OSError: It cannot be told: a folder on the way cannot be looked into, say.
    """
    try:
        mode = os.stat(path).st_mode
    except (FileNotFoundError, NotADirectoryError, ValueError):  # no name holds a NUL
        return None
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            return None
        raise
    if stat.S_ISREG(mode):
        return "file"
    return "folder" if stat.S_ISDIR(mode) else "other"


def is_file(path: Path) -> bool:
    """Whether a regular file is at ``path``.

    Raises:
        OSError: As ``kind_of``.
    """
    return kind_of(path) == "file"


def list_folder(path: Path) -> list[Path]:
    """What is in a folder, by name; nothing if there is no such folder.

    Raises:
        OSError: It cannot be read.
    """
    try:
        return sorted(path / name for name in os.listdir(path))
    except (FileNotFoundError, NotADirectoryError):
        return []


def create_anew(path: Path) -> int:
    """Makes an empty file in place of what has that name, and never through a symbolic link.

    Returns:
        Its descriptor, for writing.

    Raises:
        OSError: It cannot be made.
    """
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)


def open_for_appending(path: Path) -> int:
    """Opens a file for appending, made if it is missing; never through a symbolic link.

    A link that somebody has planted is replaced by a file, and what it points to stays as it is.

    Returns:
        Its descriptor.

    Raises:
        OSError: It cannot be opened, or is no regular file: a pipe would wait for its reader.
    """
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        file = os.open(path, flags, 0o666)
    except OSError as error:
        if error.errno != errno.ELOOP or not os.path.islink(path):
            raise
        os.unlink(path)
        file = os.open(path, flags | os.O_EXCL, 0o666)
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise OSError(errno.EINVAL, "is no regular file", str(path))
    return file
