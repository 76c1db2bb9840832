"""What somebody reads who has another Python than the one that all was installed for."""

from __future__ import annotations

import subprocess
import sys

import pytest

from dsage_mpi.cli.installation import missing_packages
from tests.support import REPOSITORY, python

TINY = "inputs/maze_tiny.toml"


def test_this_python_has_all() -> None:
    assert missing_packages("run") == missing_packages("doctor") == ""


@pytest.mark.parametrize("command", [[TINY], ["doctor"], ["inspect", "runs/x"]])
def test_python_without_packages_is_told_apart_from_a_bug(command: list[str]) -> None:
    bare = [sys.executable, "-S", "-m", "dsage_mpi", *command]  # -S: no site-packages
    done = subprocess.run(
        bare, cwd=REPOSITORY, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert "has no numpy, pydantic" in done.stderr
    assert "activate the environment" in done.stderr
    assert "Traceback" not in done.stderr


WITHOUT_NATIVE_CODE = """
import sys
sys.modules["dsage_mpi.{}._native"] = None
from dsage_mpi.__main__ import main
sys.exit(main(sys.argv[1:]))
"""


def test_a_build_without_the_search(tmp_path) -> None:
    without = WITHOUT_NATIVE_CODE.format("search")
    done = python("-c", without, TINY, "--run-dir", tmp_path / "run")
    assert done.returncode == 2
    assert "the search's compiled code does not load" in done.stderr
    assert "make setup" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "run").exists()


def test_native_code_that_is_not_there(tmp_path) -> None:
    without = WITHOUT_NATIVE_CODE.format("domains.maze")
    done = python("-c", without, TINY, "--run-dir", tmp_path / "run")
    assert done.returncode == 2
    assert "the maze domain does not load" in done.stderr
    assert "make setup" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "run").exists()
    done = python("-c", without, "doctor", timeout=200)
    assert done.returncode != 0
    assert "MISSING  maze" in done.stdout
