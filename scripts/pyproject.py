"""What the set-up needs to know from pyproject.toml and constraints.txt.

Runs before anything is installed, so it uses the standard library alone.

    python scripts/pyproject.py requirements GROUP...   # one requirement per line
    python scripts/pyproject.py build-key               # changes when the extension must be rebuilt
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
NATIVE_FOLDERS = {"native", "java"}  # one concept, one folder: all their files are compiled or read


def read_pyproject(root: Path = ROOT) -> dict[str, Any]:
    """Returns the parsed ``pyproject.toml`` of the project in ``root``."""
    with open(root / "pyproject.toml", "rb") as file:
        return tomllib.load(file)


def constraints(root: Path = ROOT) -> dict[str, str]:
    """Returns the requirement that pins each package of ``constraints.txt``, by its name."""
    lines = (root / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    return {package_name(pin): pin for pin in pins}


def package_name(requirement: str) -> str:
    """Returns the normalised name at the beginning of a requirement."""
    name = re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0]
    return re.sub(r"[-_.]+", "-", name).lower()


def requirements(pyproject: dict[str, Any], group: str) -> list[str]:
    """Returns the requirement strings of one group.

    Args:
        pyproject: A parsed ``pyproject.toml``.
        group: ``runtime``, ``build``, the name of an extra (``dev``) or of a dependency group.

    Raises:
        SystemExit: There is no group of that name; the message lists those that there are.
    """
    groups: dict[str, list[str]] = {
        **pyproject.get("dependency-groups", {}),
        **pyproject["project"].get("optional-dependencies", {}),
        "build": pyproject["build-system"]["requires"],
        "runtime": pyproject["project"]["dependencies"],
    }
    if group not in groups:
        known = ", ".join(sorted(groups))
        raise SystemExit(f"pyproject.toml has no requirement group {group!r}; it has: {known}")
    return groups[group]


def native_sources(root: Path = ROOT) -> list[Path]:
    """Returns, sorted, every file that takes part in building the compiled extension.

    That is each ``CMakeLists.txt`` and whatever lies in a folder named ``native`` or ``java``.
    """
    inside = (
        path
        for path in (root / "dsage_mpi").rglob("*")
        if path.name == "CMakeLists.txt"
        or (
            NATIVE_FOLDERS & set(path.relative_to(root).parts)
            and path.suffix not in {".py", ".pyc"}
        )
    )
    return [root / "CMakeLists.txt", *sorted(path for path in inside if path.is_file())]


def build_key(root: Path = ROOT) -> str:
    """Returns a digest of what the compiled extension is built from.

    Python sources take no part: the installation is editable and reads them where they are.
    Neither do the tool settings of ``pyproject.toml``, so that editing them rebuilds nothing.
    """
    pyproject = read_pyproject(root)
    settings = {
        "build-system": pyproject["build-system"],
        "project": pyproject["project"],
        "scikit-build": pyproject["tool"]["scikit-build"],
        "python": sys.version,
    }
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
    for path in native_sources(root):
        digest.update(f"\n{path.relative_to(root)}\n".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def main() -> None:
    """Prints what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("requirements").add_argument("groups", nargs="+")
    commands.add_parser("build-key")
    arguments = parser.parse_args()
    if arguments.command == "build-key":
        print(build_key())
        return
    pyproject = read_pyproject()
    pins = constraints()
    for group in arguments.groups:
        for requirement in requirements(pyproject, group):
            print(pins.get(package_name(requirement), requirement))


if __name__ == "__main__":
    main()
