"""Where programs in child processes leave reports of their crashes, and how many are kept."""

from __future__ import annotations

import contextlib
import os
import platform
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

#: Names the folder, for child processes too; the temporary folder without it.
VARIABLE = "DSAGE_MPI_CRASH_REPORTS"
#: So many of a kind stay, the newest; each process may add one.
_MOST = 10


@contextlib.contextmanager
def crash_reports_in(folder: Path) -> Iterator[None]:
    """Has programs that are started in the block leave their reports in ``folder``."""
    before = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = str(folder.absolute())
    try:
        yield
    finally:
        os.environ.pop(VARIABLE)
        if before is not None:
            os.environ[VARIABLE] = before


def crash_report(kind: str, number: str) -> Path:
    """Where a process is to write its report; removes old ones of that kind.

    Args:
        kind: What crashes, e.g. "jvm".
        number: The process's number, or what stands for it.
    """
    named = os.environ.get(VARIABLE, "")
    folder = Path(named if os.path.isdir(named) else tempfile.gettempdir())
    _remove_old(folder, kind)
    host = re.sub(r"[^\w.-]", "_", platform.node())  # process numbers are those of one host
    return folder / f"dsage_mpi_{kind}_{number}_{host}.log"


def _remove_old(folder: Path, kind: str) -> None:
    ours = []
    with contextlib.suppress(OSError):
        for path in folder.glob(f"dsage_mpi_{kind}_*.log"):
            with contextlib.suppress(OSError):  # another rank was quicker
                status = path.lstat()
                if status.st_uid == os.getuid():
                    ours.append((status.st_mtime, path))
    for _, path in sorted(ours)[: -_MOST + 1]:
        with contextlib.suppress(OSError):
            path.unlink()
