"""A standard output that cannot be written costs a line and has an exit code of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import REPOSITORY, clean_environment

TINY = REPOSITORY / "inputs" / "maze_tiny.toml"

pytestmark = pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has /dev/full")


def to_full_disk(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "dsage_mpi", *map(str, arguments)]
    with Path("/dev/full").open("w") as full:
        return subprocess.run(
            command, stdout=full, stderr=subprocess.PIPE, text=True, cwd=cwd, timeout=120,
            env=clean_environment(), check=False,
        )  # fmt: skip


@pytest.fixture
def run_dir(tmp_path: Path) -> Path:
    """As much of a run as ``status`` and ``cancel`` want to see."""
    path = tmp_path / "run"
    (path / "checkpoints").mkdir(parents=True)
    return path


@pytest.mark.parametrize(
    "arguments",
    [("--help",), (TINY, "--dry-run"), ("status", "run"), ("cancel", "run"), ("doctor",)],
    ids=lambda arguments: str(arguments[0]).lstrip("-"),
)
def test_lost_output(arguments: tuple[object, ...], run_dir: Path) -> None:
    done = to_full_disk(*arguments, cwd=run_dir.parent)
    assert done.stderr == (
        "dsage_mpi: cannot write to the standard output: No space left on device\n"
    )
    assert done.returncode == 4


def test_problems_come_before(tmp_path: Path) -> None:
    done = to_full_disk("status", "nowhere", cwd=tmp_path)
    assert done.returncode == 2
    assert "nowhere does not exist" in done.stderr


def test_a_reader_who_has_seen_enough_is_no_failure(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "dsage_mpi", str(TINY), "--dry-run"]
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        command, stdout=writing, stderr=subprocess.PIPE, text=True, cwd=tmp_path, timeout=120,
        env=clean_environment(), check=False,
    )  # fmt: skip
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_run_is_not_worse_for_it(tmp_path: Path) -> None:
    settings = ("algorithm.method=map_elites", "algorithm.max_evaluations=5")
    overrides = [part for setting in settings for part in ("--set", setting)]
    done = to_full_disk(TINY, "--run-dir", tmp_path / "run", *overrides, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "cannot show the summary (No space left on device); inspect " in done.stderr
    assert "could not be written" not in done.stderr
    assert (tmp_path / "run" / "archive.npz").is_file()


def test_a_training_goes_on_when_nobody_watches(tmp_path: Path) -> None:
    settings = REPOSITORY / "inputs" / "agent_maze_tiny.toml"
    small = ("ppo.environments=8", "ppo.segment=12", "ppo.minibatches=2", "run.total_steps=96")
    overrides = [part for setting in small for part in ("--set", setting)]
    arguments = ("train-agent", settings, "--run-dir", tmp_path / "run", *overrides)
    done = to_full_disk(*arguments, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "run" / "agent.npz").is_file()
