"""Machines for the scripts' tests: a PATH with little on it, a project without its .venv."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from tests.scripts.shell import SCRIPTS, add_command
from tests.support import REPOSITORY

sys.path.insert(0, str(SCRIPTS))  # whose Python files are programs, no package

TOOLS = (  # noqa: SIM905 - a list of commands reads better as words
    "bash cat cut date dirname basename env find flock getconf grep head ls mkdir mktemp mv nproc "
    "rm sed sh sha256sum sort tail timeout touch tr uname wc"
).split()


@pytest.fixture
def fake_path(tmp_path: Path) -> Path:
    """A folder for PATH with the small tools and nothing else; tests add commands to it."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in TOOLS:
        if location := shutil.which(tool):
            (folder / tool).symlink_to(location)
    add_command(folder, "id", "echo 1000")
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of what the set-up needs, in a folder with a space in its name, without .venv."""
    folder = tmp_path / "a project"
    folder.mkdir()
    shutil.copytree(SCRIPTS, folder / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(REPOSITORY / "pyproject.toml", folder)
    shutil.copy(REPOSITORY / "constraints.txt", folder)
    shutil.copy(REPOSITORY / "CMakeLists.txt", folder)
    (folder / "dsage_mpi" / "native").mkdir(parents=True)
    (folder / "dsage_mpi" / "loop.py").write_text("x = 1\n")
    (folder / "dsage_mpi" / "native" / "kernel.cpp").write_text("int x;\n")
    (folder / "dsage_mpi" / "java" / "src").mkdir(parents=True)
    (folder / "dsage_mpi" / "java" / "src" / "Engine.java").write_text("class Engine {}\n")
    return folder
