"""What the job scripts make of their arguments, at first and later starts; no Slurm needed."""

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
