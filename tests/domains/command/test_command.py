"""Real programs, good and bad ones, behind the command domain."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path

import numpy as np
import pytest

from dsage_mpi.config.errors import ConfigError
from dsage_mpi.config.load import config_from_toml, load_config, to_toml
from dsage_mpi.core.domain import DomainError, TasksFailedError
from dsage_mpi.domains import build_domain
from dsage_mpi.domains.command.process import CommandFailedError, answer_of
from dsage_mpi.rundir.failures import read_failures
from tests.runs import finished
from tests.support import REPOSITORY, python

EXAMPLE = REPOSITORY / "examples" / "command"


def program(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "program"
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The example, as a user has it."""
    made = tmp_path / "rooms"
    shutil.copytree(EXAMPLE, made)
    return made


def answer(path: Path, seconds: float = 30.0) -> dict[str, object]:
    return answer_of([str(path)], {"level": [[0]], "seed": 1}, seconds)


def test_question_and_answer(tmp_path: Path) -> None:
    asked = tmp_path / "asked"
    echo = program(tmp_path, f"cat > {asked}; echo '{{\"objective\": 0.5}}'")
    assert answer(echo) == {"objective": 0.5}
    assert json.loads(asked.read_text()) == {"level": [[0]], "seed": 1}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("echo no such tile >&2; exit 3", "ended with exit code 3; it said:\nno such tile"),
        ("kill -SEGV $$", "was ended by signal 11"),
        ("true", "wrote no JSON object to its standard output, but: nothing"),
        ("echo hello", "wrote no JSON object to its standard output, but: hello"),
        ("echo '[1]'", "wrote no JSON object"),
        ("head -c 200000 /dev/zero | tr '\\0' '['", "wrote no JSON object"),
        ("yes", "wrote more than 16 MiB"),
    ],
)
def test_what_is_no_answer(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(CommandFailedError) as error:
        answer(program(tmp_path, text))
    assert message in str(error.value)


def test_a_program_that_hangs_is_ended_with_its_children(tmp_path: Path) -> None:
    child = tmp_path / "child"
    hanging = program(tmp_path, f"sleep 600 & echo $! > {child}; wait")
    with pytest.raises(CommandFailedError, match=r"longer than domain.deadline_seconds = 2"):
        answer(hanging, 2.0)
    deadline = time.monotonic() + 10
    while alive(int(child.read_text())):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_a_stop_does_not_wait_for_the_program(tmp_path: Path) -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        answer_of([str(program(tmp_path, "sleep 600"))], {}, 600.0, stop)
    assert time.monotonic() - began < 60


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ('{"objective": 1, "walls": 1}', 'the answer has nothing for "coins": expected a number'),
        ('{"objective": "x", "walls": 1, "coins": 1}', "has 'x' for \"objective\""),
        ('{"objective": true, "walls": 1, "coins": 1}', 'has True for "objective"'),
    ],
)
def test_answers_that_lack_a_number(folder: Path, given: str, message: str) -> None:
    (folder / "rooms.py").write_text(f"#!/bin/sh\necho '{given}'\n", encoding="utf-8")
    domain = built(folder)
    seeds = np.arange(2, dtype=np.uint64)
    tasks = domain.tasks(domain.initial_solutions(np.random.default_rng(0), 2), seeds)
    with pytest.raises(TasksFailedError) as error:
        domain.make_simulator({})(tasks)
    assert message in error.value.reasons[0]


def built(folder: Path):
    overrides = [f'domain.command=["{folder}/rooms.py"]']
    config = load_config(folder / "rooms.toml", overrides=overrides)
    return build_domain(config.domain, config.archive.measures)


def test_a_missing_program_is_refused_before_anything_starts(folder: Path) -> None:
    (folder / "rooms.py").chmod(0o644)
    with pytest.raises(DomainError, match=r"domain.command\[0\] = .*chmod"):
        built(folder).try_simulator()
    (folder / "rooms.py").unlink()
    done = python("-m", "dsage_mpi", "rooms.toml", "--run-dir", "run", cwd=folder)
    assert done.returncode == 2
    assert "no such program" in done.stderr
    assert not (folder / "run").exists()


def test_measures_are_those_that_the_input_declares(folder: Path) -> None:
    with pytest.raises(ConfigError, match="expected one of walls, coins"):
        load_config(folder / "rooms.toml", overrides=['archive.measures=["walls", "jumps"]'])
    with pytest.raises(ConfigError, match="expected more than 5"):
        load_config(folder / "rooms.toml", overrides=["domain.measures.walls={low=5.0,high=5.0}"])
    config = load_config(folder / "rooms.toml")
    assert config_from_toml(to_toml(config), "stored") == config


def test_a_run_of_the_example_its_restart_and_its_failures(folder: Path) -> None:
    """Some answers are outside of the declared range; a restart gives the undisturbed digest."""
    script = (folder / "rooms.py").read_text(encoding="utf-8")
    script = script.replace("/usr/bin/env python3", "/usr/bin/env -S python3 -I -S")
    wrong = '"walls": 500 if question["seed"] % 7 == 0 else walls'
    (folder / "rooms.py").write_text(script.replace('"walls": walls', wrong), encoding="utf-8")

    def command(*arguments: str) -> str:
        done = python("-m", "dsage_mpi", *arguments, cwd=folder, timeout=200)
        finished(done)
        return done.stdout

    small = ["report.figures=false", "checkpoint.min_seconds=0", "algorithm.max_evaluations=80"]
    settings = [word for setting in small for word in ("--set", setting)]
    command("rooms.toml", "--run-dir", "whole", *settings)
    first = min((folder / "whole" / "checkpoints").glob("*.h5"))
    command("--restart", str(first), "--run-dir", "again")
    digests = {command("inspect", run, "--digest").split()[-1] for run in ("whole", "again")}
    assert len(digests) == 1
    reasons = [record["reason"] for record in read_failures(folder / "whole" / "failures.jsonl")]
    assert reasons
    assert all("walls = 500: expected 0 to 100" in reason for reason in reasons)
