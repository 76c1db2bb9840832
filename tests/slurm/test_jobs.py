"""The job scripts under a real Slurm: what users submit, as they submit it."""

from __future__ import annotations

import os
import re
import subprocess

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
RESOURCES = ["--ntasks=3", "--nodes=2", "--mem-per-cpu=100M", "--time=2"]


def slow(seconds):
    """Environment in which every simulation takes so long at first (see slow/sitecustomize.py)."""
    path = f"{HERE / 'slow'}{os.pathsep}{REPOSITORY}"
    return {"PYTHONPATH": path, "DSAGE_TEST_SECONDS": str(seconds)}


def digest(run_dir):
    done = python("-m", "dsage_mpi", "inspect", run_dir, "--digest")
    assert done.returncode == 0, done.stderr
    return done.stdout


def reference(tmp_path, *options):
    done = python("-m", "dsage_mpi", *INPUT, *options, "--run-dir", tmp_path / "reference")
    assert done.returncode == 0, done.stderr
    return digest(tmp_path / "reference")


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


def test_job_that_meets_its_time_limit_goes_on_until_done(cluster, tmp_path):
    """sbatch, signal, checkpoint, requeue, done; the result is the uninterrupted run's."""
    budget = ["--set", "algorithm.max_evaluations=300"]
    run_dir, output = tmp_path / "run", tmp_path / "job.out"
    job = cluster.submit(
        *RESOURCES,
        "--signal=USR1@75",
        f"--output={output}",
        *("jobs/dsage.slurm", *INPUT, *budget, "--run-dir", run_dir),
        env=slow(1),
    )
    expected = reference(tmp_path, *budget)
    state = cluster.wait(job, output, 250)
    text = output.read_text()
    assert state == "COMPLETED", text
    assert re.search(r"stopped after \d+ evaluations \(signal SIGUSR1\)", text), text
    assert re.search(rf"job {job}, restart [1-9]\d*: --restart {run_dir}", text), text
    assert re.search(r"continuing after \d+ evaluations from .*/final.h5", text), text
    assert digest(run_dir) == expected
    status = python("-m", "dsage_mpi", "status", run_dir).stdout
    assert re.search(rf"run +done +300/300 .* {job}$", status, re.M), status


def test_failed_job_is_not_tried_again(cluster, tmp_path):
    output = tmp_path / "job.out"
    job = cluster.submit(
        *RESOURCES,
        f"--output={output}",
        *("jobs/dsage.slurm", "no/such/input.toml", "--run-dir", tmp_path / "run"),
    )
    assert cluster.wait(job, output, 60) == "FAILED"
    text = output.read_text()
    assert "ended with 2" in text
    assert text.count("restart 0") == 1
    assert "no/such/input.toml" in text


def test_array_of_seeds_and_job_on_two_kinds_of_nodes(cluster, tmp_path):
    """Both at once, for the sake of time: they fit beside each other."""
    budget = ["--set", "algorithm.max_evaluations=60"]
    memory = "--mem-per-cpu=50M"
    copy = tmp_path / "project"  # where the array makes runs/
    copy.mkdir()
    for name in ("jobs", "inputs", ".venv", "dsage_mpi"):
        (copy / name).symlink_to(REPOSITORY / name)
    array = cluster.submit(
        *("--array=3-4", "--ntasks=1", memory, "--time=3"),
        f"--output={tmp_path}/array-%a.out",
        *("jobs/dsage_array.slurm", *INPUT, *budget),
        cwd=copy,
    )
    het = cluster.submit(
        *("--ntasks=1", "--cpus-per-task=1", memory, "--time=3", f"--output={tmp_path}/het.out"),
        *(":", "--ntasks=2", memory),
        *("jobs/dsage_het.slurm", *INPUT, *budget, "--run-dir", tmp_path / "het"),
    )
    expected = reference(tmp_path, *budget, "--seed", "3")
    for seed in (3, 4):
        output = tmp_path / f"array-{seed}.out"
        assert cluster.wait(f"{array}_{seed}", output, 120) == "COMPLETED", output.read_text()
    assert digest(copy / "runs" / f"dsage_seeds-{array}-seed-3") == expected
    assert digest(copy / "runs" / f"dsage_seeds-{array}-seed-4") != expected
    output = tmp_path / "het.out"
    assert cluster.wait(het, output, 120) == "COMPLETED", output.read_text()
    assert "seed 0, 3 rank(s)" in output.read_text()  # one world over both components
