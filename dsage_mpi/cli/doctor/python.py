"""Python and the packages that pyproject.toml pins."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator
from importlib import metadata

from dsage_mpi.cli.doctor.finding import Finding, missing, note, ok

SETUP = "run `make setup` in the project's folder (docs/install.md)"


def check() -> Iterator[Finding]:
    """Python's version and that of every required package."""
    yield ok("Python", f"{platform.python_version()}, {sys.executable}")
    try:
        requirements = metadata.requires("dsage_mpi") or []
    except metadata.PackageNotFoundError:
        yield missing("dsage_mpi", "runs from its source folder, not installed", SETUP)
        return
    yield ok("dsage_mpi", metadata.version("dsage_mpi"))
    for text in requirements:
        yield from _requirement(text)


def _requirement(text: str) -> Iterator[Finding]:
    try:
        from packaging.requirements import Requirement
    except ImportError:
        return  # its absence shows in matplotlib, which needs it
    wanted = Requirement(text)
    extra = wanted.marker is not None and not wanted.marker.evaluate({"extra": ""})
    pins = str(wanted.specifier)
    try:
        version = metadata.version(wanted.name)
    except metadata.PackageNotFoundError:
        if not extra:
            yield missing(wanted.name, f"not installed (needs {pins})", SETUP)
        return
    if not wanted.specifier.contains(version.split("+")[0], prereleases=True):
        remedy = SETUP if not extra else f"pip install '{wanted.name}{pins}'"
        found = f"{version}, but {pins} is pinned"
        yield note(wanted.name, found, remedy) if extra else missing(wanted.name, found, remedy)
    elif not extra:
        yield ok(wanted.name, f"{version}  (pinned {pins})")
