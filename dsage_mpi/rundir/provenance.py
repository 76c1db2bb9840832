"""What software ran, on which machine, from which commit."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from dsage_mpi.core.atomic_files import atomic_write
from dsage_mpi.core.processor import processor

#: Distributions whose version can change a result or the speed of a run.
PACKAGES = (
    "dsage_mpi",
    "numpy",
    "torch",
    "ribs",
    "numba",
    "scipy",
    "pydantic",
    "h5py",
    "mpi4py",
    "JPype1",
    "matplotlib",
    "Pillow",
    "rich",
)


def describe_start(extra: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Facts about this process as a JSON-able dict; starts neither MPI nor a GPU.

    Args:
        extra: Further JSON-able facts to put beside them.
    """
    return {
        "started": datetime.now().astimezone().isoformat(timespec="seconds"),
        "argv": list(sys.argv),
        "directory": os.getcwd(),
        "host": platform.node(),
        "platform": platform.platform(),
        "processor": processor(),
        "processors": os.cpu_count(),
        "python": platform.python_version(),
        "packages": package_versions(),
        "mpi": mpi_facts(),
        "hdf5": hdf5_facts(),
        "git": git_facts(Path(__file__).resolve()),
        **(extra or {}),
    }


def record_start(path: Path, extra: Mapping[str, Any] | None = None) -> None:
    """Appends :func:`describe_start` to the list ``starts`` in the JSON file ``path``.

    A restarted run keeps the entry of every earlier start. A file that cannot be read is
    replaced, for it must never be the reason that a run does not start.
    """
    try:
        starts = list(json.loads(path.read_text(encoding="utf-8"))["starts"])
    except (OSError, ValueError, KeyError, TypeError):
        starts = []
    starts.append(describe_start(extra))
    with atomic_write(path, "w") as file:
        json.dump({"starts": starts}, file, indent=2, default=str)
        file.write("\n")


def package_versions() -> dict[str, str]:
    """Versions of the installed ones of :data:`PACKAGES`."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def mpi_facts() -> dict[str, Any] | None:
    """Library, version and number of ranks, or None if this process does not use MPI."""
    mpi = sys.modules.get("mpi4py.MPI")
    if mpi is None or not mpi.Is_initialized() or mpi.Is_finalized():
        return None
    return {
        "library": mpi.Get_library_version().strip().rstrip("\0").splitlines()[0],
        "standard": ".".join(str(part) for part in mpi.Get_version()),
        "ranks": mpi.COMM_WORLD.Get_size(),
    }


def hdf5_facts() -> dict[str, Any] | None:
    """HDF5 version and whether it is the parallel one, or None if h5py is not in use.

    h5py is not imported here: one that is built for MPI would start MPI.
    """
    h5py = sys.modules.get("h5py")
    if h5py is None:
        return None
    return {"version": h5py.version.hdf5_version, "parallel": bool(h5py.get_config().mpi)}


def git_facts(inside: Path) -> dict[str, Any] | None:
    """Commit of the checkout that tracks the file ``inside``, or None if there is none.

    A copy installed below somebody else's checkout (a virtual environment in a project folder)
    is not tracked by it and gives None.
    """
    if _git(inside.parent, "ls-files", "--error-unmatch", inside.name) is None:
        return None
    commit = _git(inside.parent, "rev-parse", "HEAD")
    if commit is None:
        return None
    changes = _git(inside.parent, "status", "--porcelain", "--untracked-files=no")
    return {"commit": commit, "modified": None if changes is None else bool(changes)}


def _git(folder: Path, *arguments: str) -> str | None:
    """Output of a git command in ``folder``, or None if it fails for whatever reason."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=20,
            check=True,
        )
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return None
    return done.stdout.strip()
