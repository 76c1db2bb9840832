"""Where libraries may keep compiled code and settings when their usual folders will not do.

numba, which comes with pyribs, refuses to be imported where neither its folder nor the home can be
written (a read-only image or module tree, a batch job without a home), and fails where the file
system has no locks. matplotlib needs a home to be imported at all.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import site
import tempfile
from collections.abc import Iterator, MutableMapping
from pathlib import Path

_NUMBA, _MATPLOTLIB = "NUMBA_CACHE_DIR", "MPLCONFIGDIR"
#: Local on every Linux, also where the temporary folder is not.
_MEMORY = Path("/dev/shm")


def provide_caches(environment: MutableMapping[str, str]) -> None:
    """Names folders of this user's under the temporary folder, where a library would find none.

    Args:
        environment: The process's environment (``os.environ``).
    """
    if _NUMBA not in environment and not _numba_finds_one(environment):
        _provide(environment, _NUMBA, "numba")
    if _MATPLOTLIB not in environment:
        folders = [_base(environment, *names) for names in _MATPLOTLIB_BASES]
        if not all(folder is not None and _writable(folder) for folder in folders):
            _provide(environment, _MATPLOTLIB, "matplotlib")


_CACHE_BASE = ("XDG_CACHE_HOME", ".cache")
_MATPLOTLIB_BASES = (("XDG_CONFIG_HOME", ".config"), _CACHE_BASE)


def _numba_finds_one(environment: MutableMapping[str, str]) -> bool:
    """Whether the first folder that numba can write to has locks, too."""
    home = _base(environment, *_CACHE_BASE)
    for place in [*map(Path, site.getsitepackages()), *([home] if home else [])]:
        if _writable(place):
            return _has_locks(place)
    return False


def _base(environment: MutableMapping[str, str], variable: str, name: str) -> Path | None:
    """The folder that a variable names, or one in the home; None for a user without a home."""
    if folder := environment.get(variable):
        return Path(folder)
    try:
        return Path.home() / name
    except RuntimeError:  # neither HOME nor an entry in the list of users
        return None


def _provide(environment: MutableMapping[str, str], variable: str, library: str) -> None:
    made = [folder for base in _temporary_bases() if (folder := _own_folder(base, library))]
    locked = (folder for folder in made if _has_locks(folder))
    if made:  # else the library says what is wrong
        environment[variable] = str(next(locked, made[0]))


def _temporary_bases() -> Iterator[Path]:
    with contextlib.suppress(OSError):  # there is none that can be written
        yield Path(tempfile.gettempdir())
    yield _MEMORY


def _own_folder(base: Path, library: str) -> Path | None:
    """A folder that nobody else can write into; None if there can be none."""
    folder = base / f"dsage_mpi-{library}-{os.getuid()}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        # What lies there is executed, so nobody else's will do.
        if folder.stat().st_uid != os.getuid() or folder.is_symlink():
            folder = Path(tempfile.mkdtemp(prefix=f"dsage_mpi-{library}-", dir=base))
    except OSError:
        return None
    return folder


def _writable(path: Path) -> bool:
    """Whether ``path`` can be written into, or made."""
    return os.access(_existing(path), os.W_OK | os.X_OK)


def _existing(path: Path) -> Path:
    """``path``, or the nearest folder above it that can be seen."""
    while not os.path.exists(path) and path != path.parent:
        path = path.parent
    return path


def _has_locks(path: Path) -> bool:
    """Whether files there can be locked (NFS without a lock daemon has no locks)."""
    try:
        with tempfile.TemporaryFile(dir=_existing(path)) as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
