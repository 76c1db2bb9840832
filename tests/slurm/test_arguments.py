"""What the job scripts make of their arguments and job numbers, at any start; no Slurm needed."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.support import REPOSITORY, clean_environment

SHOW = """
. "$1/jobs/common.sh"
shift
run_dir=$(dsage_run_dir runs/default "$@")
dsage_arguments "$run_dir" "$@"
printf '%s\\n' "$run_dir" "${ARGUMENTS[@]}"
"""

#: Slurm's commands write down what they are asked, and the run stops before its end.
STOP = """
. "$1/jobs/common.sh"
srun() { return 3; }
scontrol() { echo "scontrol $*"; return 1; }
PYTHON=(python)
dsage_run runs/default 50 -- a.toml
"""
END = """
. "$1/jobs/common.sh"
squeue() { case "$*" in *"$ONE"*) echo 2026-01-01T00:00:00 ;; *) echo N/A ;; esac; echo N/A; }
dsage_setup
date -d "@$SLURM_JOB_END_TIME" +%F
"""


def bash(cwd: Path, script: str, *arguments: str, **variables: str) -> tuple[int, str]:
    """Exit code of a script in a batch job's environment, and what it prints."""
    done = subprocess.run(
        ["bash", "-uo", "pipefail", "-c", script, "-", str(REPOSITORY), *arguments],
        cwd=cwd,
        env=clean_environment() | {"SLURM_JOB_ID": "7", "SLURM_SUBMIT_DIR": str(cwd)} | variables,
        capture_output=True,
        text=True,
    )
    assert not done.stderr
    return done.returncode, done.stdout


def start(cwd: Path, *arguments: str, restarts: int = 0) -> tuple[str, list[str]]:
    """The run directory and the program's arguments."""
    environment = clean_environment()
    environment |= {"SLURM_JOB_ID": "7", "SLURM_RESTART_COUNT": str(restarts)}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", SHOW, "-", str(REPOSITORY), *arguments],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    run_dir, *given = done.stdout.splitlines()
    return run_dir, given


def leave(run_dir: Path, state: str = "stopped", job: str = "7") -> None:
    """What a time slot leaves."""
    run_dir.mkdir(parents=True, exist_ok=True)
    (run_dir / "config.toml").touch()
    (run_dir / "status.json").write_text(json.dumps({"state": state, "job_id": job}, indent=1))


def test_an_input_is_continued_where_the_first_start_put_it(tmp_path: Path) -> None:
    first = start(tmp_path, "a.toml", "--seed", "7")
    assert first == ("runs/default", ["a.toml", "--seed", "7", "--run-dir", "runs/default"])
    leave(tmp_path / "runs/default")
    later = start(tmp_path, "a.toml", "--seed", "7", restarts=1)
    assert later == ("runs/default", ["--restart", "runs/default"])


@pytest.mark.parametrize("option", [["--run-dir", "mine"], ["--run-dir=mine"]])
def test_a_run_directory_of_the_user_s_own(tmp_path: Path, option: list[str]) -> None:
    assert start(tmp_path, "a.toml", *option) == ("mine", ["a.toml", *option])
    leave(tmp_path / "mine")
    assert start(tmp_path, "a.toml", *option, restarts=1) == ("mine", ["--restart", "mine"])


def test_another_run_s_folder_is_not_gone_on_with(tmp_path: Path) -> None:
    """That run would be continued in place of the one that the user wants, with its seed."""
    leave(tmp_path / "mine", "done", job="3")
    wanted = ["a.toml", "--seed", "8", "--run-dir", "mine"]
    assert start(tmp_path, *wanted) == ("mine", wanted)


@pytest.mark.parametrize("form", ["--restart {}", "--restart={}"])
def test_a_checkpoint_is_gone_back_to_once(tmp_path: Path, form: str) -> None:
    """Later starts go on with what the first one left, and with the user's changes."""
    old = form.format("x/checkpoints/checkpoint-000002.h5").split()
    changes = ["--set", "algorithm.max_evaluations=9"]
    leave(tmp_path / "x", "done", job="3")
    assert start(tmp_path, *old, *changes) == ("x", [*old, *changes])
    # Killed before it had begun: once more from where the user wanted.
    assert start(tmp_path, *old, *changes, restarts=1) == ("x", [*old, *changes])
    leave(tmp_path / "x", "starting")
    assert start(tmp_path, *old, *changes, restarts=1) == ("x", [*old, *changes])
    leave(tmp_path / "x", "running")
    assert start(tmp_path, *old, *changes, restarts=1) == ("x", ["--restart", "x", *changes])


def test_a_checkpoint_from_elsewhere_goes_on_in_the_new_run_directory(tmp_path: Path) -> None:
    arguments = ["--restart", "c.h5", "--run-dir", "new", "--verbose"]
    assert start(tmp_path, *arguments) == ("new", arguments)
    leave(tmp_path / "new")
    assert start(tmp_path, *arguments, restarts=2) == ("new", ["--restart", "new", "--verbose"])


TASK = {"SLURM_ARRAY_JOB_ID": "7", "SLURM_ARRAY_TASK_ID": "4"}


@pytest.mark.parametrize(("variables", "number"), [({}, "7"), (TASK, "7_4")], ids=["job", "task"])
def test_a_task_of_an_array_requeues_itself_alone(
    tmp_path: Path, variables: dict[str, str], number: str
) -> None:
    """The last task's SLURM_JOB_ID is the array's: all seeds would be killed and begin anew."""
    code, text = bash(tmp_path, STOP, DSAGE_SRUN_MPI="none", **variables)
    assert code == 3
    assert f"\nscontrol requeue {number}\n" in text


@pytest.mark.parametrize(("variables", "number"), [({}, "-j 7 "), (TASK, "-j 7_4 ")])
def test_a_container_is_told_the_end_of_its_own_job(
    tmp_path: Path, variables: dict[str, str], number: str
) -> None:
    """A heterogeneous job has a line for each component."""
    code, text = bash(tmp_path, END, DSAGE_IMAGE="x.sif", ONE=number, **variables)
    assert (code, text) == (0, "2026-01-01\n")
