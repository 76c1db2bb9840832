"""Noticing that a Python is not the one that dsage_mpi was installed for."""

from __future__ import annotations

import sys
from importlib.util import find_spec

#: What no command works without; ``doctor`` reports on all the rest.
_LEAST = ("numpy", "pydantic")
_MODULES = (*_LEAST, "torch", "ribs", "h5py", "mpi4py", "matplotlib", "PIL", "rich", "jpype")


def missing_packages(command: str) -> str:
    """What to say if Python packages are missing; nothing is imported to find out.

    Args:
        command: The subcommand that is to run.

    Returns:
        The message; empty if all is there.
    """
    modules = _LEAST if command == "doctor" else _MODULES
    missing = [name for name in modules if find_spec(name) is None]
    if not missing:
        return ""
    return (
        f"{sys.executable} (Python {sys.version.split()[0]}) has no {', '.join(missing)}: "
        "activate the environment that dsage_mpi is installed in (. .venv/bin/activate), or make "
        "one with `make setup` in the project's folder (docs/install.md)"
    )
