"""Where libraries may keep compiled code when neither their folder nor the home can be written.

numba, which comes with pyribs, refuses to be imported there (a read-only image or module tree, a
batch job without a home).
"""

from __future__ import annotations

import os
import site
import tempfile
from collections.abc import MutableMapping
from pathlib import Path

_NUMBA = "NUMBA_CACHE_DIR"


def provide_caches(environment: MutableMapping[str, str]) -> None:
    """Names a folder of this user's under the temporary folder, if numba would find none.

    Args:
        environment: The process's environment (``os.environ``).
    """
    if _NUMBA in environment or any(map(_writable, _usual_places(environment))):
        return
    folder = Path(tempfile.gettempdir()) / f"dsage_mpi-numba-{os.getuid()}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        # What lies there is executed, so nobody else's will do.
        if folder.stat().st_uid != os.getuid() or folder.is_symlink():
            folder = Path(tempfile.mkdtemp(prefix="dsage_mpi-numba-"))
    except OSError:
        return  # numba says what is wrong
    environment[_NUMBA] = str(folder)


def _usual_places(environment: MutableMapping[str, str]) -> list[Path]:
    home = environment.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return [*map(Path, site.getsitepackages()), Path(home)]


def _writable(path: Path) -> bool:
    """Whether ``path`` can be written into, or made."""
    while not path.exists() and path != path.parent:
        path = path.parent
    return os.access(path, os.W_OK)
