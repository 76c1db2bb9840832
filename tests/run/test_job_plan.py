"""Whether the time slots of a batch job are enough for a run."""

from __future__ import annotations

import dataclasses

import pytest

from dsage_mpi.config.load import load_config
from dsage_mpi.config.schema import Config
from dsage_mpi.core.slurm import Layout
from dsage_mpi.run.estimate import estimate
from dsage_mpi.run.job_plan import plan
from tests.support import REPOSITORY

JOB = Layout(ranks=32, cores=32, threads=8, seconds=4 * 3600.0, slots=51, gpu=False)


def config(name: str, *overrides: str) -> Config:
    return load_config(REPOSITORY / "inputs" / name, overrides=list(overrides))


@pytest.mark.parametrize("name", ["maze.toml", "mario.toml"])
def test_what_the_job_script_runs_ends_in_it(name: str) -> None:
    text, warnings = plan(config(name), JOB)
    assert "32 task(s), 8 thread(s) for the surrogate: about" in text
    assert "1 time slot of 4.0 h; the job allows 51" in text
    assert not warnings


def test_a_run_that_does_not_fit_says_what_to_change() -> None:
    published = config("paper/maze/dsage.toml")
    text, (warning,) = plan(published, dataclasses.replace(JOB, slots=5))
    assert "days, 57 time slots of 4.0 h; the job allows 5" in text
    assert "will not end in this job: it takes 57 time slots of 4.0 h" in warning
    assert "the job has 5 (the first and 4 restarts)" in warning
    for change in ("--cpus-per-task", "surrogate.threads, 8", "--gres=gpu:1", "--time", "restarts"):
        assert change in warning
    assert plan(published, dataclasses.replace(JOB, slots=57))[1] == []


def test_where_simulations_take_the_time_more_tasks_help() -> None:
    slow = config(
        "maze.toml", "algorithm.method=map_elites", "algorithm.max_evaluations=10_000_000"
    )
    text, (warning,) = plan(slow, dataclasses.replace(JOB, slots=1))
    assert "surrogate" not in text
    assert "--ntasks, 32 now" in warning
    assert "gpu" not in warning


def test_threads_need_cores() -> None:
    """Threads of more than the cores wait; their number stays for the result's sake."""
    narrow = dataclasses.replace(JOB, cores=2, ranks=2)
    _, (warning,) = plan(config("maze.toml"), narrow)
    assert "8 threads share the 2 core(s)" in warning
    assert "surrogate.threads = 2" in warning
    assert plan(config("maze.toml", "surrogate.threads=2"), narrow)[1] == []
    assert plan(config("maze.toml"), dataclasses.replace(narrow, gpu=True))[1] == []


def test_a_gpu_leaves_the_simulations() -> None:
    text, warnings = plan(config("paper/maze/dsage.toml"), dataclasses.replace(JOB, gpu=True))
    assert "a GPU: about" in text
    assert "1 time slot" in text
    assert not warnings


def test_no_limit_no_slots() -> None:
    text, warnings = plan(config("maze.toml"), dataclasses.replace(JOB, seconds=None))
    assert "slot" not in text
    assert not warnings


def test_more_cores_take_less_time_but_not_for_ever() -> None:
    cost = estimate(config("maze.toml"))
    times = [cost.seconds(31, cores) for cores in (1, 2, 4, 8, 16)]
    assert times == sorted(times, reverse=True)
    assert times[0] / times[3] < 8
    assert cost.seconds(31, 1, crowding=4) > 3 * times[0]
