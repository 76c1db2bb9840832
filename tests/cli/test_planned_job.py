"""`bash jobs/dsage.slurm --dry-run`: what sbatch would make of it, before it is submitted."""

from __future__ import annotations

import subprocess
import time

import pytest

from dsage_mpi.cli.planned_job import planned_job
from dsage_mpi.config.errors import ConfigError
from tests.support import REPOSITORY, clean_environment

OLD = {
    "SLURM_JOB_ID": "7",
    "SLURM_JOB_END_TIME": str(int(time.time()) - 3600),
    "SLURM_SUBMIT_DIR": "/nowhere",
    "SLURM_NTASKS": "3",
}


def ask(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """In a shell of an old job, which must not count."""
    return subprocess.run(
        ["bash", f"jobs/{script}.slurm", *arguments],
        cwd=REPOSITORY,
        env=clean_environment() | OLD,
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.parametrize(
    ("script", "options", "expected"),
    [
        ("dsage", [], "32 task(s), 8 thread(s) for the surrogate"),
        (
            "dsage",
            ["--ntasks=64", "--time=2-00:00:00"],
            "1 time slot of 2.0 days; the job allows 51",
        ),
        ("dsage", ["--cpus-per-task=4"], "4 thread(s) for the surrogate"),
        ("dsage_array", ["inputs/mario.toml"], "16 task(s), 8 thread(s)"),
        ("dsage_het", ["--ntasks=10", "--time=24:00:00"], "11 task(s), 4 thread(s)"),
    ],
)
def test_job_scripts_say_how_long_it_takes(script: str, options: list[str], expected: str) -> None:
    done = ask(script, "--dry-run", *options)
    assert done.returncode == 0, done.stderr
    (line,) = [line for line in done.stdout.splitlines() if "in the Slurm job" in line]
    assert expected in line
    assert "1 time slot of" in line, "the defaults end"
    assert "# Note" not in done.stdout


def test_too_long_is_said_before_submission() -> None:
    done = ask("dsage", "--dry-run", "--ntasks=2", "--time=30", "inputs/paper/maze/dsage.toml")
    assert "This run will not end in this job: it takes" in done.stdout
    assert "8 threads share the 2 core(s)" in done.stdout


def test_a_script_that_is_not_submitted_runs_nothing() -> None:
    done = ask("dsage", "inputs/maze_tiny.toml")
    assert done.returncode == 2
    assert "bash jobs/dsage.slurm --dry-run" in done.stderr


@pytest.mark.parametrize("option", ["--ntasks=0", "--ntasks=many", "--time=soon", "--nodes=-"])
def test_options_without_a_usable_value(option: str) -> None:
    done = ask("dsage", "--dry-run", option)
    assert done.returncode == 2
    name, value = option.split("=")
    assert name in done.stderr
    assert value in done.stderr
    assert "expected" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30", 1800),
        ("1:30", 90),
        ("04:00:00", 14400),
        ("2-12", 216000),
        ("1-00:30", 88200),
        ("1-00:00:30", 86430),
        ("0", None),
    ],
)
def test_times_as_sbatch_reads_them(text: str, seconds: float | None) -> None:
    job = planned_job({"DSAGE_SBATCH": f"--ntasks=2 --time={text} --partition=x"})
    assert job is not None
    assert job.seconds == seconds


def test_cores_of_rank_0_s_node() -> None:
    for options, cores in (("", 8), (" --nodes=4", 2), (" -N 1-3", 3), (" --cpus-per-task=2", 16)):
        job = planned_job({"DSAGE_SBATCH": f"--ntasks=8{options}"})
        assert job is not None
        assert job.cores == cores


def test_none_was_asked_about() -> None:
    assert planned_job({"SLURM_NTASKS": "3"}) is None
    with pytest.raises(ConfigError, match="'x' is no number"):
        planned_job({"DSAGE_SBATCH": "--ntasks=x"})
