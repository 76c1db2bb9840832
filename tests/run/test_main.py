"""The main job stopped, killed and continued: whole programs, real signals, real MPI."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import h5py
import pytest

from tests.runs import MAP_ELITES, METHODS, TINY, digest, finished, newest, results
from tests.support import REPOSITORY, clean_environment, mpirun, python

FAULTS = Path(__file__).parent / "faults"


def kill_at(place):
    path = f"{FAULTS}{os.pathsep}{REPOSITORY}"
    return {"PYTHONPATH": path, "DSAGE_TEST_KILL": place}


@pytest.mark.parametrize(
    ("method", "place", "ranks", "ranks_after"),
    [
        ("dsage", "train:30", 1, 2),
        ("dsage", "inner:40", 1, 1),
        ("map_elites", "checkpoint:3", 1, 1),
        ("map_elites", "evaluate:7", 2, 1),
        ("map_elites", "worker:9", 3, 1),
    ],
)
def test_killed_in_any_phase_and_restarted_on_other_ranks(
    whole_run, tmp_path, method, place, ranks, ranks_after
):
    reference, run_dir = whole_run(method), tmp_path / "run"
    arguments = [*METHODS[method], "--set", "farm.chunk=1", "--run-dir", run_dir]
    killed = launch(ranks, *arguments, env=kill_at(place))
    assert killed.returncode not in (0, 1, 2, 3), killed.stdout
    assert not (run_dir / "archive.npz").exists()
    finished(launch(ranks_after, "-m", "dsage_mpi", "--restart", run_dir))
    assert digest(run_dir) == digest(reference)
    assert results(run_dir) == results(reference)


def test_run_is_done_without_a_rank_that_hangs(whole_run, tmp_path):
    """All is written by the time that rank 0 has to abort for its sake."""
    run_dir = tmp_path / "run"
    timeouts = ("--set", "farm.silent_seconds=1", "--set", "farm.close_seconds=1")
    arguments = [*MAP_ELITES, "--set", "farm.chunk=1", *timeouts, "--run-dir", run_dir]
    done = mpirun(3, *arguments, env=kill_at("worker:5") | {"DSAGE_TEST_SIGNAL": "SIGSTOP"})
    finished(done)
    assert "no heartbeat from rank 1 on" in done.stderr
    assert "rank 1 on" in done.stderr.split("aborting all ranks")[0].splitlines()[-1]
    assert json.loads((run_dir / "status.json").read_text())["state"] == "done"
    assert digest(run_dir) == digest(whole_run("map_elites"))


def launch(ranks, *arguments, env=None):
    if ranks == 1:
        return python(*arguments, env=env, timeout=250)
    return mpirun(ranks, *arguments, env=env, timeout=250)


STUCK = """
import os, time
if os.environ.get("OMPI_COMM_WORLD_RANK", os.environ.get("PMI_RANK")) == "1":
    from dsage_mpi.domains.maze.domain import MazeDomain
    MazeDomain.make_simulator = lambda *_: time.sleep(1000)
"""


def test_a_rank_that_is_stuck_before_the_run_begins_does_not_keep_it_from_stopping(
    whole_run, tmp_path
):
    (tmp_path / "sitecustomize.py").write_text(STUCK)
    path, run_dir = f"{tmp_path}{os.pathsep}{REPOSITORY}", tmp_path / "run"
    arguments = [*MAP_ELITES, "--run-dir", run_dir, "--time-limit", "8s"]
    stopped = launch(2, *arguments, env={"PYTHONPATH": path})
    assert stopped.returncode == 3, stopped.stderr
    assert "run.time_limit is near): is one stuck" in stopped.stderr
    finished(launch(1, "-m", "dsage_mpi", "--restart", run_dir, "--time-limit", "1h"))
    assert digest(run_dir) == digest(whole_run("map_elites"))


def start(*arguments):
    return subprocess.Popen(
        [sys.executable, *map(str, arguments)],
        cwd=REPOSITORY,
        env=clean_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def wait_for(condition, process):
    deadline = time.monotonic() + 120
    while not condition():
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_signal_stops_it_resumable(whole_run, tmp_path):
    """Exit code 3, a final checkpoint, which goes once the run has gone on."""
    reference, run_dir = whole_run("dsage"), tmp_path / "run"
    process = start(*TINY, "--run-dir", run_dir)
    wait_for((run_dir / "checkpoints" / "checkpoint-000001.h5").exists, process)
    process.send_signal(signal.SIGTERM)
    output = process.communicate(timeout=100)[0]
    assert process.returncode == 3, output
    assert re.search(rf"stopped after \d+ evaluations \(signal SIGTERM\).*{run_dir}", output)
    final = run_dir / "checkpoints" / "final.h5"
    assert final.exists()
    done = launch(1, "-m", "dsage_mpi", "--restart", run_dir)
    finished(done)
    assert "final.h5" in done.stdout + done.stderr
    assert not final.exists()
    assert newest(run_dir).name == newest(reference).name
    assert digest(run_dir) == digest(reference)
    assert results(run_dir) == results(reference)


def test_time_limit_stops_it_resumable_on_all_ranks(whole_run, tmp_path):
    reference, run_dir = whole_run("map_elites"), tmp_path / "run"
    done = mpirun(2, *MAP_ELITES, "--time-limit", "1s", "--run-dir", run_dir)
    assert done.returncode == 3, done.stderr
    assert "run.time_limit is near" in done.stdout + done.stderr
    done = python("-m", "dsage_mpi", "--restart", run_dir, "--time-limit", "none")
    finished(done)
    assert digest(run_dir) == digest(reference)


def test_running_run_is_locked_and_can_be_cancelled(whole_run, tmp_path):
    run_dir = tmp_path / "run"
    process = start(*MAP_ELITES, "--set", "algorithm.max_evaluations=100000", "--run-dir", run_dir)
    wait_for((run_dir / "metrics.csv").exists, process)
    second = python("-m", "dsage_mpi", "--restart", run_dir)
    assert second.returncode == 2
    assert f"process {process.pid} on " in second.stderr
    finished(python("-m", "dsage_mpi", "cancel", "--wait", "30", run_dir))
    output = process.communicate(timeout=60)[0]
    assert process.returncode == 3, output
    assert " stopped " in python("-m", "dsage_mpi", "status", run_dir).stdout


def test_what_a_restart_changes_survives_a_kill(whole_run, tmp_path):
    run_dir = shutil.copytree(whole_run("map_elites"), tmp_path / "run")
    restart = ("-m", "dsage_mpi", "--restart", run_dir)
    more = ("--set", "algorithm.max_evaluations=60", "--set", "farm.chunk=1")
    assert launch(1, *restart, *more, env=kill_at("evaluate:1")).returncode not in (0, 1, 2, 3)
    finished(launch(1, *restart))
    with h5py.File(newest(run_dir)) as file:
        assert file.attrs["evaluations"] == 60


def test_exports_that_cannot_be_written_are_said_and_made_up_for(whole_run, tmp_path):
    run_dir = shutil.copytree(whole_run("map_elites"), tmp_path / "run")
    (run_dir / "archive.npz").unlink()
    (run_dir / "archive.npz").mkdir()
    done = python("-m", "dsage_mpi", "--restart", run_dir)
    assert done.returncode == 1
    assert "whole in its last checkpoint" in done.stderr
    assert "Traceback" not in done.stderr
    (run_dir / "archive.npz").rmdir()
    finished(python("-m", "dsage_mpi", "--restart", run_dir))
    assert digest(run_dir) == digest(whole_run("map_elites"))


def test_missing_gpu_is_missed_before_anything_starts(tmp_path):
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    done = mpirun(2, *TINY, "--set", "surrogate.device=cuda", "--run-dir", tmp_path / "run")
    assert done.returncode == 2
    assert 'surrogate.device = "cuda"' in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "run").exists()


def test_run_directory_that_cannot_be_made():
    done = python(*TINY, "--run-dir", "/proc/no/such/run")
    assert done.returncode == 2
    assert "Choose a writable folder with --run-dir" in done.stderr
