"""The program as its users start it: a child process, with or without mpirun."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support import mpirun, python

Program = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """``program(*arguments, ranks=2)`` runs ``python -m dsage_mpi ...`` in an empty folder."""
    folder = tmp_path / "here"
    folder.mkdir()

    def run(*arguments: object, ranks: int | None = None) -> subprocess.CompletedProcess[str]:
        command = ["-m", "dsage_mpi", *map(str, arguments)]
        env = {"PYTHONWARNINGS": "error"}
        if ranks is not None:
            return mpirun(ranks, *command, timeout=200, env=env, cwd=folder)
        return python(*command, timeout=200, env=env, cwd=folder)

    return run
