"""``status`` and ``cancel`` on run directories that were left by all kinds of runs."""

from __future__ import annotations

import json
import os
import time

import pytest

from dsage_mpi.__main__ import main
from dsage_mpi.rundir.lock import RunLock
from dsage_mpi.rundir.run_directory import RunDirectory
from dsage_mpi.rundir.status import StatusFile, read_status


@pytest.fixture
def run(tmp_path):
    """Makes a run directory whose status has these facts."""

    def make(name="run", **facts):
        path = tmp_path / name
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

    return make


def table(capsys, *paths):
    code = main(["status", *map(str, paths)])
    return code, capsys.readouterr().out.splitlines()


def test_running(run, capsys):
    path = run()
    with RunLock(RunDirectory(path)):
        code, lines = table(capsys, path)
    assert code == 0
    assert lines[0].split()[:3] == ["run", "state", "evaluations"]
    # 200 evaluations in 100 s, 700 left.
    expected = "run evaluate 25 % 300/1 000 123.457 2 5.8 min checkpoint-000003, 30 s ago 4711"
    assert lines[1].split() == expected.split()


def test_dead(run, capsys):
    _, lines = table(capsys, run())
    assert lines[1].split()[1] == "dead"
    assert "min" not in lines[1]


@pytest.mark.parametrize("state", ["done", "stopped", "failed"])
def test_ended(run, capsys, state):
    _, lines = table(capsys, run(state=state))
    assert lines[1].split()[1] == state
    assert "250/1 000" in lines[1]  # the batch that was not finished does not count


def test_just_started(run, capsys):
    path = run()
    StatusFile(path / "status.json", max_evaluations=10)
    with RunLock(RunDirectory(path)):
        _, lines = table(capsys, path)
    assert lines[1].split()[1:3] == ["starting", "0/10"]


def test_many_runs_and_what_is_none(run, capsys, tmp_path):
    (tmp_path / "other").mkdir()
    code, lines = table(capsys, run("a"), tmp_path / "other", run("b", state="done"))
    assert code == 2
    assert [line.split()[0] for line in lines] == ["run", "a", "b"]


@pytest.mark.parametrize("command", ["status", "cancel"])
def test_trainings_among_the_runs_are_no_mistake(run, capsys, tmp_path, command):
    trainings = [tmp_path / "agent-1", tmp_path / "generator-1"]
    for path in trainings:
        path.mkdir()
        (path / "settings.toml").write_text("[run]\n")
    path = run("maze-1", state="done")
    assert main([command, str(trainings[0]), str(path), str(trainings[1])]) == 0
    out, err = capsys.readouterr()
    assert "maze-1" in out
    assert err.count("\n") == 1
    assert f"{trainings[0]} and 1 more are folders of trainings, left out" in err
    assert main([command, str(trainings[0])]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert f"{trainings[0]} is a training's folder, left out" in err


def test_a_pipe_is_no_run(tmp_path, capsys):
    os.mkfifo(tmp_path / "pipe")
    assert main(["status", str(tmp_path / "pipe")]) == 2
    assert "pipe is neither a folder nor a regular file" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["", "{", "[1]"])
def test_damaged_status(run, capsys, text):
    path = run()
    (path / "status.json").write_text(text)
    code, lines = table(capsys, path)
    assert code == 0
    assert "no status" in lines[1]


def test_status_file_survives_a_disk_that_refuses(tmp_path):
    status = StatusFile(tmp_path / "gone" / "status.json")
    status.write(state="running")
    assert read_status(tmp_path / "gone" / "status.json") == {}


def test_cancel_asks_a_running_run(run, capsys):
    path = run()
    with RunLock(RunDirectory(path)):
        assert main(["cancel", str(path)]) == 0
        assert main(["cancel", "--wait", "0.3", str(path)]) == 1
    assert (path / "STOP").exists()
    assert "asked to stop" in capsys.readouterr().out


def test_cancel_of_a_run_that_is_none(run, capsys, tmp_path):
    path = run(state="stopped")
    assert main(["cancel", str(path)]) == 0
    assert not (path / "STOP").exists()
    assert "scancel 4711" in capsys.readouterr().out
    assert main(["cancel", str(tmp_path / "nothing")]) == 2


@pytest.mark.parametrize("seconds", ["nan", "-5", "soon"])
def test_cancel_waits_for_a_length_of_time(run, capsys, seconds):
    path = run()
    with RunLock(RunDirectory(path)), pytest.raises(SystemExit) as stop:
        main(["cancel", f"--wait={seconds}", str(path)])
    assert stop.value.code == 2
    assert f"'{seconds}': expected a number of seconds, 0 or more" in capsys.readouterr().err
    assert not (path / "STOP").exists()
