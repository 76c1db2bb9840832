"""Ranks on several hosts, and hosts that die, fall silent or are suspended in the middle."""

from __future__ import annotations

import csv
import os
import re
import signal

import h5py
import pytest

from tests.hosts.network import HERE
from tests.runs import MAP_ELITES, TINY, digest, finished
from tests.support import REPOSITORY, python

ABC = ("a", "b", "c")
MARIO = [
    "-m",
    "dsage_mpi",
    "inputs/mario_tiny.toml",
    *("--set", "algorithm.method=domain_randomization"),
    *("--set", "algorithm.max_evaluations=16"),
    *("--set", "emitters.batch_size=8"),
    *("--set", "report.figures=false"),
]
PARALLEL = ("--set", "checkpoint.writer=parallel")
SLOW = {
    "PYTHONPATH": os.pathsep.join([str(HERE / "slow"), str(REPOSITORY)]),
    "DSAGE_TEST_SECONDS": "0.1",
}
#: Every rank holds one task or two; one that waits for b alone takes for ever.
ONE_BY_ONE = ("--set", "farm.chunk=1")


def tasks_by_host(run_dir):
    with (run_dir / "ranks.csv").open() as file:
        return {row["host"]: int(row["tasks"]) for row in csv.DictReader(file)}


def log(run_dir):
    path = run_dir / "log.txt"
    return path.read_text() if path.exists() else ""


@pytest.fixture
def under_way(hosts, tmp_path):
    """Options -> a job on a, b and c that has its first checkpoint, and its run directory."""

    def start(*options, env=None):
        run_dir = tmp_path / "run"
        arguments = (*MAP_ELITES, *ONE_BY_ONE, *options, "--run-dir", run_dir)
        job = hosts.start(ABC, *arguments, env=SLOW | (env or {}))
        job.wait_until((run_dir / "checkpoints" / "checkpoint-000001.h5").exists)
        return job, run_dir

    return start


def test_maze_on_three_hosts_is_that_of_one_process(hosts, tmp_path, whole_run):
    run_dir = tmp_path / "run"
    before = hosts.received("a")
    finished(hosts.start(ABC, *TINY, *PARALLEL, "--run-dir", run_dir).wait(200))
    assert digest(run_dir) == digest(whole_run("dsage"))
    tasks = tasks_by_host(run_dir)
    assert tasks.keys() == {"b", "c"}
    assert min(tasks.values()) > 0
    assert hosts.received("a") - before > 50_000, "the results did not come over the network"
    if h5py.get_config().mpi:
        assert "written by 3 rank(s)" in log(run_dir)
        assert "written by 1 rank(s)" not in log(run_dir)


def test_mario_on_three_hosts_is_that_of_one_process(hosts, tmp_path):
    finished(python(*MARIO, "--run-dir", tmp_path / "one", timeout=120))
    finished(hosts.start(ABC, *MARIO, "--run-dir", tmp_path / "three").wait(200))
    assert digest(tmp_path / "three") == digest(tmp_path / "one")


def test_host_that_dies_ends_the_job(hosts, under_way):
    job, _ = under_way()
    hosts.send("b", signal.SIGKILL)
    assert job.wait(60).returncode not in (0, 1, 2), "jobs/common.sh would not try again"


def test_silent_host_ends_the_job_and_the_others_can_go_on(hosts, under_way, whole_run):
    """The settings that docs/hpc.md names; without them it takes eight minutes."""
    keepalive = {"time": "2", "intvl": "1", "probes": "2"}
    env = {f"OMPI_MCA_oob_tcp_keepalive_{name}": value for name, value in keepalive.items()}
    job, run_dir = under_way(env=env)
    hosts.cut("b")
    done = job.wait(60)
    assert done.returncode not in (0, 1, 2), "jobs/common.sh would not try again"
    assert "lost communication with a remote daemon" in done.stderr
    finished(hosts.start("ac", "-m", "dsage_mpi", "--restart", run_dir).wait(120))
    assert "rank(s) that answer" not in log(run_dir), "Open MPI was to be the first to notice"
    assert re.search(r"continuing after [1-9]\d* evaluations from", log(run_dir))
    assert digest(run_dir) == digest(whole_run("map_elites"))


def test_suspended_host_is_gone_on_without_until_it_is_back(hosts, under_way, whole_run):
    job, run_dir = under_way("--set", "farm.silent_seconds=2")
    hosts.send("b", signal.SIGSTOP)
    job.wait_until(lambda: "no heartbeat from rank 1 on b" in log(run_dir))
    hosts.send("b", signal.SIGCONT)
    finished(job.wait(100))
    missed, back = "no heartbeat from rank 1 on b for 2 s", "rank 1 on b is back"
    assert 0 < log(run_dir).find(missed) < log(run_dir).find(back)
    assert digest(run_dir) == digest(whole_run("map_elites"))
