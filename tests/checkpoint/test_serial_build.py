"""The h5py that most machines have, PyPI's, which is built without MPI: under a real mpirun."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.support import REPOSITORY, clean_environment, mpirun, python

RUN = [
    *("-m", "dsage_mpi", "inputs/maze_tiny.toml"),
    *("--set", "algorithm.method=domain_randomization"),
    *("--set", "algorithm.max_evaluations=12", "--set", "algorithm.initial_solutions=6"),
    *("--set", "report.figures=false", "--set", "checkpoint.writer=parallel"),
]


@pytest.fixture(scope="module")
def serial(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment whose h5py is PyPI's own build, of the version that is installed."""
    folder = tmp_path_factory.mktemp("serial-h5py")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--only-binary=h5py"]
    done = subprocess.run(
        [*pip, "--target", str(folder), f"h5py=={version('h5py')}"],
        capture_output=True,
        text=True,
        env=clean_environment(),
        timeout=120,
    )
    if done.returncode:
        pytest.skip(f"no wheel of h5py to be had here: {done.stderr.strip()[-300:]}")
    return {"PYTHONPATH": os.pathsep.join([str(folder), str(REPOSITORY)])}


def test_rank_0_writes_alone_and_says_so_once(serial: dict[str, str], tmp_path: Path) -> None:
    done = mpirun(2, *RUN, "--run-dir", tmp_path / "serial", env=serial, timeout=200)
    assert done.returncode == 0, done.stderr
    log = (tmp_path / "serial" / "log.txt").read_text()
    assert log.count("this h5py is built without MPI") == 1
    assert "written by 1 rank(s)" in log
    usual = mpirun(2, *RUN, "--run-dir", tmp_path / "usual", timeout=200)
    assert usual.returncode == 0, usual.stderr
    # Either build reads what the other one wrote, and finds the same in it.
    for env in (serial, {}):
        diff = python("-m", "dsage_mpi", "diff", tmp_path / "serial", tmp_path / "usual", env=env)
        assert (diff.returncode, diff.stdout) == (0, ""), diff.stdout + diff.stderr
    more = ("--restart", tmp_path / "usual", "--set", "algorithm.max_evaluations=15")
    done = mpirun(3, "-m", "dsage_mpi", *more, env=serial, timeout=200)
    assert done.returncode == 0, done.stderr


def test_doctor_says_so_too(serial: dict[str, str]) -> None:
    done = python("-m", "dsage_mpi", "doctor", env=serial, timeout=150)
    assert "serial: rank 0 alone writes checkpoints; the files are the same" in done.stdout
