"""The job scripts under a real Slurm: what users submit, as they submit it."""

from __future__ import annotations

import functools
import os
import re
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.slurm.conftest import HERE
from tests.support import REPOSITORY, python

JOBS = sorted((REPOSITORY / "jobs").glob("*.slurm"))
INPUT = [
    "inputs/maze_tiny.toml",
    *("--set", "algorithm.method=map_elites"),
    *("--set", "emitters.batch_size=6"),
    *("--set", "emitters.initial_population=12"),
    *("--set", "report.figures=false"),
]
SMALL = ("--set", "algorithm.max_evaluations=60")
LARGE = ("--set", "algorithm.max_evaluations=300")
MEMORY = "--mem-per-cpu=50M"


@dataclass(frozen=True)
class Job:
    """A submitted job: its number, what it prints, where it runs."""

    number: str
    output: Path
    run_dir: Path


def injected(folder, **variables):
    """Environment in which FOLDER/sitecustomize.py does what the variables say."""
    return {"PYTHONPATH": f"{HERE.parent / folder}{os.pathsep}{REPOSITORY}", **variables}


def digest(run_dir):
    done = python("-m", "dsage_mpi", "inspect", run_dir, "--digest")
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    """Options -> digest of an uninterrupted run in one process."""

    @functools.cache
    def run(*options):
        run_dir = tmp_path_factory.mktemp("reference") / "run"
        done = python("-m", "dsage_mpi", *INPUT, *options, "--run-dir", run_dir, timeout=120)
        assert done.returncode == 0, done.stderr
        return digest(run_dir)

    return run


@pytest.fixture(scope="module")
def jobs(cluster, tmp_path_factory):
    """All jobs at once, for the sake of time: most of it is spent asleep."""
    folder = tmp_path_factory.mktemp("jobs")

    def submit(name, *arguments, env=None, cwd=REPOSITORY):
        output, run_dir = folder / f"{name}.out", folder / name
        where = () if name == "array" else ("--run-dir", run_dir)
        number = cluster.submit(f"--output={output}", *arguments, *where, env=env, cwd=cwd)
        return Job(number, output, run_dir)

    three = ("--ntasks=3", "--nodes=2", MEMORY)
    project = folder / "project"  # where the array makes its runs/
    project.mkdir()
    for name in ("jobs", "inputs", ".venv", "dsage_mpi"):
        (project / name).symlink_to(REPOSITORY / name)
    return {
        "limited": submit(
            "limited",
            # Slurm may send it a minute early, and six jobs begin at once.
            *(*three, "--time=3", "--signal=USR1@75"),
            *("jobs/dsage.slurm", *INPUT, *LARGE),
            env=injected("slurm/slow", DSAGE_TEST_SECONDS="1"),
        ),
        "lost": submit(
            "lost",
            *(*three, "--time=4"),
            *("jobs/dsage.slurm", *INPUT, *SMALL, "--set", "farm.chunk=1"),
            env=injected("run/faults", DSAGE_TEST_KILL="worker:9"),
        ),
        "het": submit(
            "het",
            *("--ntasks=1", "--cpus-per-task=1", MEMORY, "--time=4", ":", "--ntasks=2", MEMORY),
            *("jobs/dsage_het.slurm", *INPUT, *SMALL),
        ),
        "written": submit("written", written_script(folder)),
        "array": submit(
            "array",
            *("--array=3-4", "--ntasks=1", MEMORY, "--time=4"),
            *("jobs/dsage_array.slurm", *INPUT, *SMALL),
            cwd=project,
        ),
        "bad": submit(
            "bad",
            *("--ntasks=1", MEMORY, "--time=4"),
            *("jobs/dsage.slurm", "no/such/input.toml"),
        ),
    }


def written_script(folder):
    """What `dsage_mpi job` writes for two kinds of nodes, on a cluster without GPUs."""
    script = folder / "written.slurm"
    size = (
        "--nodes",
        "1",
        "--gpu-node",
        "1",
        "--surrogate-cores",
        "1",
        "--memory-per-core",
        "0.05",
    )
    options = (*INPUT[1:], *SMALL, "--system", "slurm", "--time", "10m", "--output", script)
    done = python("-m", "dsage_mpi", "job", INPUT[0], *size, "--cores-per-node", "2", *options)
    assert done.returncode == 0, done.stderr
    lines = script.read_text().splitlines(keepends=True)
    here = [line for line in lines if "--gres" not in line]
    assert len(here) == len(lines) - 1
    script.write_text("".join(here).replace("=8192M", "=50M"))
    return script


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.stem)
def test_sbatch_sees_all_its_lines(job):
    """It stops reading at the first command."""
    lines = job.read_text().splitlines()
    commands = [i for i, line in enumerate(lines) if line and not line.startswith("#")]
    options = [i for i, line in enumerate(lines) if line.startswith("#SBATCH")]
    assert max(options) < min(commands)
    text = job.read_text()
    for needed in ("--requeue", "--signal=USR1@", "--open-mode=append", "--time="):
        assert f"#SBATCH {needed}" in text


@pytest.mark.parametrize(
    "job", [*JOBS, REPOSITORY / "jobs" / "common.sh"], ids=lambda job: job.name
)
def test_shell_syntax(job):
    checked = subprocess.run(["bash", "-n", job], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr


def test_bad_input_is_not_tried_again(cluster, jobs):
    job = jobs["bad"]
    assert cluster.wait(job.number, job.output, 100) == "FAILED"
    text = job.output.read_text()
    assert "ended with 2" in text
    assert text.count("== ") == 2
    assert "no/such/input.toml" in text


def test_job_that_loses_a_rank_goes_on(cluster, jobs, reference):
    """The MPI job dies; the next time slot has its simulations from the journal."""
    job = jobs["lost"]
    state, text = cluster.wait(job.number, job.output, 200), job.output.read_text()
    assert state == "COMPLETED", text
    assert "ended with 137" in text
    assert re.search(
        r"restart 1: --restart .*\n(.*\n)*.*evaluations are known from the journal", text
    )
    assert digest(job.run_dir) == reference(*SMALL)


@pytest.mark.parametrize("name", ["het", "written"])
def test_job_on_two_kinds_of_nodes_is_one_world(cluster, jobs, reference, name):
    job = jobs[name]
    state, text = cluster.wait(job.number, job.output, 200), job.output.read_text()
    assert state == "COMPLETED", text
    assert "seed 0, 3 rank(s)" in text
    assert digest(job.run_dir) == reference(*SMALL)


def test_array_runs_each_seed_in_a_folder_of_its_own(cluster, jobs, reference):
    job = jobs["array"]
    runs = job.output.parent / "project" / "runs"
    for seed in (3, 4):
        number = f"{job.number}_{seed}"
        assert cluster.wait(number, job.output, 200) == "COMPLETED", job.output.read_text()
    assert digest(runs / f"dsage_seeds-{job.number}-seed-3") == reference(*SMALL, "--seed", "3")
    assert digest(runs / f"dsage_seeds-{job.number}-seed-4") != reference(*SMALL, "--seed", "3")


def test_job_that_meets_its_time_limit_goes_on_until_done(cluster, jobs, reference):
    """sbatch, signal, checkpoint, requeue, done; the result is the uninterrupted run's."""
    job = jobs["limited"]
    state, text = cluster.wait(job.number, job.output, 250), job.output.read_text()
    assert state == "COMPLETED", text
    assert re.search(r"stopped after \d+ evaluations \(signal SIGUSR1\)", text), text
    assert re.search(rf"job {job.number}, restart [1-9]\d*: --restart {job.run_dir}", text), text
    assert re.search(r"continuing after \d+ evaluations from .*/final.h5", text), text
    assert digest(job.run_dir) == reference(*LARGE)
    status = python("-m", "dsage_mpi", "status", job.run_dir).stdout
    assert re.search(rf"limited +done +300/300 .* {job.number}$", status, re.M), status


def test_a_job_says_in_its_first_lines_whether_it_will_end(cluster, tmp_path):
    """And rank 0's surrogate has the threads that the job script names."""
    output, run_dir = tmp_path / "out", tmp_path / "run"
    long = ("inputs/paper/maze/dsage.toml", "--run-dir", run_dir)
    options = (f"--output={output}", "--ntasks=7", "--time=10", MEMORY)
    number = cluster.submit(*options, "jobs/dsage.slurm", *long)
    deadline = time.monotonic() + 100
    try:
        while "will not end" not in (text := output.read_text() if output.exists() else ""):
            assert time.monotonic() < deadline, text
            time.sleep(0.5)
    finally:
        cluster.run("scancel", number)
    assert re.search(
        r"estimated for this job .*: 7 task\(s\), 8 thread\(s\) for the surrogate: about \S+ days, "
        r"\d+ time slots of (10|9\.\d) min; the job allows 51\n",
        text,
    ), text
    assert "8 threads share the 7 core(s) that the job has on rank 0's node" in text
    assert "\nthreads = 8\n" in (run_dir / "config.toml").read_text()
