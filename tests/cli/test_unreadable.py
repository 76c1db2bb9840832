"""Run directories of colleagues with a umask of 077, and status files that somebody has broken."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dsage_mpi.__main__ import main
from dsage_mpi.rundir.lock import RunLock, is_held
from dsage_mpi.rundir.run_directory import RunDirectory
from dsage_mpi.rundir.status import read_status
from tests.support import python, unprivileged

COMMANDS = {
    "status": ["status", "RUN"],
    "inspect": ["inspect", "RUN"],
    "verify": ["verify", "RUN"],
    "cancel": ["cancel", "RUN"],
    "plot": ["plot", "RUN"],
    "diff": ["diff", "RUN", "RUN"],
    "render": ["render", "RUN", "--output", "OUT/level.png"],
    "restart": ["--restart", "RUN"],
    "dry run of a restart": ["--restart", "RUN", "--dry-run"],
    "run directory": ["inputs/maze_tiny.toml", "--run-dir", "RUN"],
    "output": ["render", "OUT/run", "--output", "RUN/level.png"],
    "plots": ["plot", "OUT/run", "--output", "RUN/figures"],
    "training": ["train-generator", "inputs/generator_mario_tiny.toml", "--restart", "RUN"],
}
#: What cannot be read, and which commands need it.
EVERYTHING = frozenset(COMMANDS)
STORED = frozenset({"inspect", "verify", "plot", "diff", "render", "restart"})
LOCKED = {
    "..": EVERYTHING,
    ".": EVERYTHING - {"run directory"},
    "checkpoints": STORED,
    "status.json": frozenset({"status"}),
}
CASES = [(place, name) for place, names in LOCKED.items() for name in sorted(names)]


@pytest.fixture
def colleague(whole_run: Callable[[str], Path], tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """``colleague(place)``: a run with a place in it that nobody else can look into."""
    run_dir = tmp_path / "theirs" / "run"
    shutil.copytree(whole_run("map_elites"), run_dir)
    closed: list[Path] = []

    def close(place: str) -> Path:
        closed.append((run_dir / place).resolve())
        closed[0].chmod(0)
        return run_dir

    yield close
    for path in closed:
        path.chmod(0o700)


@pytest.mark.parametrize(("place", "name"), CASES)
def test_one_line_says_what_cannot_be_read(
    colleague: Callable[[str], Path],
    whole_run: Callable[[str], Path],
    tmp_path: Path,
    place: str,
    name: str,
) -> None:
    before = unprivileged()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "run").symlink_to(whole_run("map_elites"))
    names = {"RUN": str(colleague(place)), "OUT": str(tmp_path / "out")}
    command = COMMANDS[name]
    for word, path in names.items():
        command = [part.replace(word, path) for part in command]
    done = python("-m", "dsage_mpi", *command, before=before)
    assert "Traceback" not in done.stderr
    assert done.returncode == (1 if name == "plots" else 2), done.stderr
    assert "Permission denied" in done.stderr
    if place != "checkpoints":
        assert done.stderr.count("\n") == 1, done.stderr


def test_one_closed_folder_leaves_the_other_rows(
    colleague: Callable[[str], Path], whole_run: Callable[[str], Path]
) -> None:
    before, closed = unprivileged(), colleague(".")
    done = python("-m", "dsage_mpi", "status", closed, whole_run("map_elites"), before=before)
    assert done.returncode == 2
    assert [line.split()[:2] for line in done.stdout.splitlines()] == [
        ["run", "state"],
        ["run", "done"],
    ]
    done = python("-m", "dsage_mpi", "verify", closed, whole_run("map_elites"), before=before)
    assert done.returncode == 2
    assert ": whole, " in done.stdout


def test_a_checkpoint_that_cannot_be_read_is_not_damaged(
    whole_run: Callable[[str], Path], tmp_path: Path
) -> None:
    before = unprivileged()
    source = max((whole_run("map_elites") / "checkpoints").glob("*.h5"))
    copy = Path(shutil.copy(source, tmp_path / "copy.h5"))
    copy.chmod(0)
    done = python("-m", "dsage_mpi", "verify", copy, source, before=before)
    assert done.returncode == 2
    assert done.stderr == f"dsage_mpi: cannot read {copy}: Permission denied\n"
    assert ": whole, " in done.stdout


WRONG = {
    "null": "null",
    "NaN": "NaN",
    "list": "[1]",
    "empty": "",
    "cut": '{"state": "runn',
    "nesting": "[" * 100_000,
    "nested facts": '{"evaluations": ' + "[" * 100_000,
    "no text": b"\xff\xfe\x00",
    "digits": '{"evaluations": ' + "9" * 5000 + "}",
    "long": '{"state": "' + "x" * 100_000 + '"}',
}
#: Of one fact each.
VALUES = [
    None,
    "soon",
    float("nan"),
    float("inf"),
    -1e300,
    10**400,
    True,
    [1],
    {"a": 1},
    -5,
    "9" * 99,
]
FACTS = ("state", "updated", "search_began", "first_evaluation", "evaluations", "max_evaluations")
FACTS += (
    "qd_score",
    "phase",
    "phase_done",
    "phase_total",
    "checkpoint",
    "checkpoint_time",
    "job_id",
)


def make_run(path: Path, **facts: object) -> Path:
    (path / "checkpoints").mkdir(parents=True)
    now = time.time()
    status = {
        "state": "running",
        "updated": now,
        "search_began": now - 100,
        "first_evaluation": 100,
        "evaluations": 250,
        "max_evaluations": 1000,
        "qd_score": 123.4567,
        "phase": "evaluate",
        "phase_done": 50,
        "phase_total": 200,
        "checkpoint": "checkpoint-000003.h5",
        "checkpoint_time": now - 30,
        "job_id": "4711",
    }
    (path / "status.json").write_text(json.dumps(status | facts))
    return path


def rows(capsys: pytest.CaptureFixture[str], *paths: Path) -> tuple[int, list[str]]:
    code = main(["status", *map(str, paths)])
    return code, capsys.readouterr().out.splitlines()[1:]


@pytest.mark.parametrize("what", WRONG)
def test_a_broken_status_leaves_the_other_rows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], what: str
) -> None:
    broken, good = make_run(tmp_path / "broken"), make_run(tmp_path / "good")
    text = WRONG[what]
    (broken / "status.json").write_bytes(text if isinstance(text, bytes) else text.encode())
    with RunLock(RunDirectory(good)):
        code, lines = rows(capsys, broken, good)
    assert code == 0
    assert lines[0].split()[:3] == ["broken", "no", "status"]
    assert lines[1].split()[:3] == ["good", "evaluate", "25"]
    assert main(["cancel", str(broken)]) == 0


@pytest.mark.parametrize("fact", FACTS)
@pytest.mark.parametrize("value", VALUES, ids=[repr(value)[:8] for value in VALUES])
def test_a_fact_of_a_wrong_kind_costs_its_cell_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], fact: str, value: object
) -> None:
    run = make_run(tmp_path / "run", **{fact: value})
    with RunLock(RunDirectory(run)):
        code, (line,) = rows(capsys, run)
    assert code == 0
    assert line.startswith("run ")
    assert len(line) < 250
    assert main(["cancel", str(run)]) == 0


@pytest.mark.parametrize("name", ["status.json", "lock"])
def test_a_pipe_in_place_of_a_file_is_not_waited_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    run = make_run(tmp_path / "run")
    (run / name).unlink(missing_ok=True)
    os.mkfifo(run / name)
    assert main(["status", str(run), str(make_run(tmp_path / "good"))]) in (0, 2)
    assert "good" in capsys.readouterr().out
    assert read_status(tmp_path / "run" / "nothing") == {}


@pytest.mark.parametrize("pid", ["soon", None, 1e300, -1, 0, [1], 10**30])
def test_a_holder_of_a_wrong_kind_is_none(tmp_path: Path, pid: object) -> None:
    run = RunDirectory(make_run(tmp_path / "run"))
    run.lock.write_text(json.dumps({"host": os.uname().nodename, "pid": pid, "job_id": 5}))
    assert not is_held(run)
    RunLock(run).release()
