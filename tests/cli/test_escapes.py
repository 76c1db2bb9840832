"""Titles, names and files with terminal escapes: shown as text by every command, and in the log."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.runs import finished
from tests.support import python

EVIL = "\x1b[2J\x1b]0;x\x07\u202e"
NAMES = {"escapes": f"a{EVIL}\rb", "no text": os.fsdecode(b"\xff")}


def shown(done: object) -> str:
    """Both streams of a finished process, of which none would be obeyed."""
    text = f"{done.stdout}{done.stderr}"  # type: ignore[attr-defined]
    assert "Traceback" not in text
    for character in "\x1b\x07\r\u202e":
        assert character not in text, text
    return text


def test_the_title_of_a_run(tmp_path: Path) -> None:
    run_dir, toml = tmp_path / "run", tmp_path / "evil.toml"
    base = Path("inputs/maze_tiny.toml").resolve()
    toml.write_text(f'extends = "{base}"\ntitle = {json.dumps(EVIL)}\n')
    program = ("-m", "dsage_mpi", toml, "--run-dir", run_dir)
    few = ("algorithm.method=domain_randomization", "algorithm.max_evaluations=5")
    done = python(*program, *(part for key in few for part in ("--set", key)))
    finished(done)
    assert r"\x1b[2J" in shown(done)
    for command in ("inspect", "status", "verify"):
        shown(python("-m", "dsage_mpi", command, run_dir))
    done = python("-m", "dsage_mpi", toml, "--dry-run")
    assert r"\u202e" in shown(done)
    for path in (run_dir / "log.txt", run_dir / "config.toml"):
        assert "\x1b" not in path.read_text()


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_names(whole_run: Callable[[str], Path], tmp_path: Path, name: str) -> None:
    run_dir = shutil.copytree(whole_run("map_elites"), tmp_path / name)
    for command in ("inspect", "status", "verify", "cancel", "plot"):
        done = python("-m", "dsage_mpi", command, run_dir)
        finished(done)
        shown(done)
    shown(python("-m", "dsage_mpi", "render", run_dir, "--output", f"{tmp_path}/{name}.png"))
    shown(python("-m", "dsage_mpi", "diff", run_dir, tmp_path / f"no{name}"))
    shown(python("-m", "dsage_mpi", "status", "--no", name))
    restarted = python("-m", "dsage_mpi", "--restart", run_dir)
    finished(restarted)
    shown(restarted)
    for arguments in ([f"{name}.toml"], ["inputs/maze_tiny.toml", "--set", f"title.{name}=1"]):
        assert shown(python("-m", "dsage_mpi", *arguments))


def test_the_status_of_a_run(tmp_path: Path) -> None:
    (tmp_path / "run" / "checkpoints").mkdir(parents=True)
    facts = dict.fromkeys(("state", "phase", "checkpoint", "job_id"), f"{EVIL}\nforged  line")
    (tmp_path / "run" / "status.json").write_text(json.dumps(facts))
    done = python("-m", "dsage_mpi", "status", tmp_path / "run")
    assert len(shown(done).splitlines()) == 2
    shown(python("-m", "dsage_mpi", "cancel", tmp_path / "run"))


@pytest.mark.parametrize(
    "arguments",
    [
        (f"--no{EVIL}",),
        ("inputs/maze_tiny.toml", "--seed", EVIL),
        ("cancel", "run", "--wait", EVIL),
        ("inspect", "run", EVIL),
        ("train-agent", "a.toml", EVIL),
        ("doctor", EVIL),
    ],
)
def test_arguments_that_are_refused(arguments: tuple[str, ...]) -> None:
    done = python("-m", "dsage_mpi", *arguments)
    assert done.returncode == 2
    assert r"\x1b" in shown(done)


def test_an_encoding_that_lacks_a_character(
    whole_run: Callable[[str], Path], tmp_path: Path
) -> None:
    run_dir = shutil.copytree(whole_run("map_elites"), tmp_path / "wäll — 迷路")
    for command in ("inspect", "status", "verify", "plot"):
        done = python("-m", "dsage_mpi", command, run_dir, env={"PYTHONIOENCODING": "ascii"})
        finished(done)
    assert r"w\xe4ll" in done.stdout
