"""Runs in odd places: closed streams, folders that vanish, disks without any room, bugs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from dsage_mpi.rundir.status import read_status
from tests.runs import MAP_ELITES
from tests.support import REPOSITORY, clean_environment, python


@pytest.fixture
def finished_run(whole_run: Callable[[str], Path]) -> Path:
    return whole_run("map_elites")


def shell(script: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Runs ``bash -c SCRIPT - ARGUMENTS``; ``"$@"`` in it is python with the arguments."""
    return subprocess.run(
        ["bash", "-c", script, "-", sys.executable, *map(str, arguments)],
        cwd=REPOSITORY,
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize("closing", [">&-", "2>&-", "<&- >&- 2>&-", "| true"])
def test_nobody_reads_what_it_prints(tmp_path: Path, closing: str) -> None:
    script = f'set -o pipefail; "$@" {closing}'
    done = shell(script, *MAP_ELITES, "--run-dir", tmp_path / "run")
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert read_status(tmp_path / "run" / "status.json")["state"] == "done"
    assert (tmp_path / "run" / "archive.npz").is_file()


def test_folders_that_vanished_are_made_again(finished_run: Path, tmp_path: Path) -> None:
    run_dir = shutil.copytree(finished_run, tmp_path / "run")
    for name in ("archive.npz", "metrics.csv"):
        (run_dir / name).unlink()
    for name in ("checkpoints", "logs", "figures"):
        shutil.rmtree(run_dir / name)
    done = python("-m", "dsage_mpi", "--restart", run_dir)
    assert done.returncode == 0, done.stderr
    assert python("-m", "dsage_mpi", "diff", run_dir, finished_run).stdout == ""


def test_a_finished_run_without_its_checkpoints_is_not_begun_again(
    finished_run: Path, tmp_path: Path
) -> None:
    run_dir = shutil.copytree(finished_run, tmp_path / "run")
    shutil.rmtree(run_dir / "checkpoints")
    before = (run_dir / "archive.npz").read_bytes()
    done = python("-m", "dsage_mpi", "--restart", run_dir)
    assert done.returncode == 2
    assert "all its checkpoints are gone" in done.stderr
    assert (run_dir / "archive.npz").read_bytes() == before


def test_a_disk_without_any_room(tmp_path: Path) -> None:
    script = 'mount -t tmpfs -o size=4k none "$0" && exec "$@"'
    command = ["unshare", "--mount", "bash", "-c", script, str(tmp_path), sys.executable]
    if subprocess.run([*command[:6], "true"], capture_output=True).returncode:
        pytest.skip("mounting needs root (or a container that allows it)")
    done = subprocess.run(
        [*command, *MAP_ELITES, "--run-dir", str(tmp_path / "run")],
        cwd=REPOSITORY,
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2, done.stderr
    assert "No space left on device" in done.stderr
    assert "Traceback" not in done.stderr


BUG = """
import sys
from dsage_mpi.__main__ import main
from dsage_mpi.outer import loop
def broken(*arguments): raise ZeroDivisionError("a bug")
loop.add_to_archive = broken
sys.exit(main(sys.argv[1:]))
"""


def test_a_bug_is_in_the_log_and_the_status(tmp_path: Path) -> None:
    run_dir = tmp_path / "run"
    done = python("-c", BUG, *MAP_ELITES[2:], "--run-dir", run_dir)
    assert done.returncode == 1
    assert "ZeroDivisionError: a bug" in (run_dir / "log.txt").read_text()
    status = read_status(run_dir / "status.json")
    assert (status["state"], status["reason"]) == ("failed", "ZeroDivisionError: a bug")
    assert os.listdir(run_dir / "checkpoints") == []


def test_a_log_that_cannot_be_written_costs_a_sentence(finished_run: Path, tmp_path: Path) -> None:
    run_dir = shutil.copytree(finished_run, tmp_path / "run")
    (run_dir / "log.txt").unlink()
    (run_dir / "log.txt").mkdir()
    done = python("-m", "dsage_mpi", "--restart", run_dir)
    assert done.returncode == 0, done.stderr
    assert f"cannot write {run_dir}/log.txt: Is a directory; this log is lost" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("limit", [6, 8, 31])
def test_too_few_open_files_are_told(tmp_path: Path, limit: int) -> None:
    done = shell(f'ulimit -n {limit}; exec "$@"', *MAP_ELITES, "--run-dir", tmp_path / "run")
    assert done.returncode == 2, done.stderr
    assert f"only {limit} files may be open at a time here, and a run needs 32" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "run").exists()


def test_a_limit_of_open_files_that_may_be_raised_is(tmp_path: Path) -> None:
    done = shell('ulimit -Sn 8; exec "$@"', *MAP_ELITES, "--run-dir", tmp_path / "run")
    assert done.returncode == 0, done.stderr
