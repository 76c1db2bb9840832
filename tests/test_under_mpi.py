"""Runs the tests marked ``mpi`` on three ranks, so that one plain `pytest` runs everything."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support import REPOSITORY

RANKS = 3
SECONDS = 240


def files_with_mpi_tests() -> list[Path]:
    """Files that have one: three ranks importing all the others would take most of the time."""
    return [
        path
        for path in sorted((REPOSITORY / "tests").rglob("test_*.py"))
        if path != Path(__file__) and "@pytest.mark.mpi" in path.read_text()
    ]


@pytest.mark.timeout(SECONDS + 30)
def test_tests_marked_mpi_pass_on_three_ranks(mpirun: Callable[..., Any]) -> None:
    """What it runs can be run by hand: mpirun -n 3 python -m pytest --with-mpi -m mpi."""
    result = mpirun(
        RANKS,
        *("-m", "pytest", "--with-mpi", "-m", "mpi", "-q", "-p", "no:cacheprovider"),
        *files_with_mpi_tests(),
        timeout=SECONDS,
    )
    output = f"{result.stdout}\n{result.stderr}"
    assert result.returncode == 0, output
    # Every rank closes with its own count. A rank that collected nothing, or ranks that did not
    # see each other and so skipped the tests, must not look like success.
    counts = [int(count) for count in re.findall(r"(\d+) passed", output)]
    assert len(counts) == RANKS, output
    assert min(counts) == max(counts) > 0, output
