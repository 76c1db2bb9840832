"""Slurm's variables: what a job gives, and whose variables they are."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from dsage_mpi.core.slurm import Layout, is_over, job_layout, threads_of_job

SOON = str(int(time.time()) + 7200)
LIVE = {"SLURM_JOB_ID": "7", "SLURM_JOB_END_TIME": SOON}
OLD = {"SLURM_JOB_ID": "7", "SLURM_JOB_END_TIME": str(int(time.time()) - 3600)}
SCRIPT = {"DSAGE_MOST_RESTARTS": "50", "DSAGE_SURROGATE_THREADS": "8"}


def layout(**variables: str) -> Layout:
    found = job_layout(LIVE | variables)
    assert found is not None
    return found


def test_outside_of_any_job() -> None:
    assert job_layout({"SLURM_NTASKS": "4", **SCRIPT}) is None
    assert threads_of_job({"SLURM_CPUS_PER_TASK": "16", **SCRIPT}) is None


def test_variables_of_an_old_job_give_nothing() -> None:
    old = OLD | {"SLURM_NTASKS": "32", "SLURM_CPUS_PER_TASK": "16", **SCRIPT}
    assert is_over(old)
    assert job_layout(old) is None
    assert threads_of_job(old) is None


def test_a_job_that_slurm_has_forgotten_is_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = tmp_path / "scontrol"
    fake.write_text(
        "#!/bin/sh\necho 'slurm_load_jobs error: Invalid job id specified' >&2; exit 1\n"
    )
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert is_over({"SLURM_JOB_ID": "7"})
    assert threads_of_job({"SLURM_JOB_ID": "7", "SLURM_CPUS_PER_TASK": "16"}) is None


def test_what_a_job_gives() -> None:
    found = layout(
        SLURM_NTASKS="36", SLURM_CPUS_PER_TASK="2", SLURM_JOB_CPUS_PER_NODE="24(x2),24", **SCRIPT
    )
    assert (found.ranks, found.cores, found.threads, found.slots) == (36, 24, 2, 51)
    assert found.seconds == pytest.approx(int(SOON) - time.time(), abs=60)
    assert not found.gpu
    assert layout(SLURM_JOB_GPUS="0").gpu
    assert (layout(SLURM_NTASKS="3").ranks, layout().ranks) == (3, 1)


@pytest.mark.parametrize(
    ("variables", "threads"),
    [
        ({}, 1),
        (SCRIPT, 8),
        ({"SLURM_CPUS_PER_TASK": "1", **SCRIPT}, 8),
        ({"SLURM_CPUS_PER_TASK": "4", **SCRIPT}, 4),
        ({"DSAGE_SURROGATE_THREADS": "many"}, 1),
    ],
)
def test_threads_do_not_grow_with_the_tasks(variables: dict[str, str], threads: int) -> None:
    for tasks in ("1", "3", "128"):
        assert threads_of_job(LIVE | variables | {"SLURM_NTASKS": tasks}) == threads
        assert layout(**variables, SLURM_NTASKS=tasks).threads == threads


@pytest.mark.parametrize(("restart", "slots"), [("0", 51), ("50", 1), ("60", 1)])
def test_restarts_that_are_left(restart: str, slots: int) -> None:
    assert layout(SLURM_RESTART_COUNT=restart, **SCRIPT).slots == slots
    assert layout(SLURM_RESTART_COUNT=restart).slots == 1


def test_components_of_a_heterogeneous_job() -> None:
    found = layout(
        SLURM_NTASKS_HET_GROUP_0="1",
        SLURM_NTASKS_HET_GROUP_1="64",
        SLURM_CPUS_PER_TASK_HET_GROUP_0="4",
        SLURM_CPUS_PER_TASK_HET_GROUP_1="1",
        SLURM_JOB_CPUS_PER_NODE_HET_GROUP_0="4",
        SLURM_JOB_CPUS_PER_NODE_HET_GROUP_1="64",
    )
    assert (found.ranks, found.cores, found.threads) == (65, 4, 4)
