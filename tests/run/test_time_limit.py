import os
import time

import pytest

from dsage_mpi.run.time_limit import Deadline, find_deadline, slurm_seconds_left
from tests.runs import MAP_ELITES, finished
from tests.support import python


def test_no_limit_is_never_near():
    deadline = find_deadline(None, {})
    assert deadline.seconds_left is None
    assert not deadline.near


def test_reserve_grows_with_the_cost_of_a_checkpoint():
    deadline = Deadline(100.0, "it")
    assert not deadline.near
    deadline.checkpoint_took(10.0)
    deadline.checkpoint_took(1.0)  # the slowest one counts
    assert deadline.reserve == pytest.approx(10 + 3 * 10)
    assert not deadline.near
    deadline.checkpoint_took(40.0)
    assert deadline.near


def test_long_limits_keep_back_half_a_minute_at_most():
    assert Deadline(86400.0, "it").reserve == 30.0


def test_the_nearer_limit_wins():
    soon, late = {"SLURM_JOB_ID": "1", "SLURM_JOB_END_TIME": str(int(time.time()) + 60)}, 1000.0
    assert "Slurm" in find_deadline(late, soon).source
    assert find_deadline(10.0, soon).source == "run.time_limit"


def test_end_of_the_slurm_job():
    assert slurm_seconds_left({}) is None
    end = str(int(time.time()) + 100)
    left = slurm_seconds_left({"SLURM_JOB_ID": "1", "SLURM_JOB_END_TIME": end})
    assert 90 < left <= 100


def test_older_slurm_is_asked(tmp_path, monkeypatch):
    """Where there is no variable: scontrol's answer, in local time."""
    end = time.strftime("%Y-%m-%dT%H:%M:%S", time.localtime(time.time() + 500))
    fake = tmp_path / "scontrol"
    fake.write_text(
        f"#!/bin/sh\necho JobId=$5 StartTime=2020-01-01T00:00:00 EndTime={end} Deadline=N/A\n"
    )
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert 400 < slurm_seconds_left({"SLURM_JOB_ID": "7"}) <= 500


def test_the_end_of_an_array_s_task_is_its_own(tmp_path, monkeypatch):
    """The last task has the array's number, by which scontrol lists the others too, ended ones."""
    end = time.strftime("%Y-%m-%dT%H:%M:%S", time.localtime(time.time() + 500))
    fake = tmp_path / "scontrol"
    fake.write_text(
        '#!/bin/sh\n[ "$4" = 7_2 ] || echo JobId=8 ArrayTaskId=1 EndTime=2020-01-01T00:00:00\n'
        f"echo JobId=7 ArrayTaskId=2 EndTime={end}\n"
    )
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    task = {"SLURM_JOB_ID": "7", "SLURM_ARRAY_JOB_ID": "7", "SLURM_ARRAY_TASK_ID": "2"}
    assert 400 < slurm_seconds_left(task) <= 500


def test_slurm_that_says_zero_is_asked(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert slurm_seconds_left({"SLURM_JOB_ID": "7", "SLURM_JOB_END_TIME": "0"}) is None


@pytest.mark.parametrize("answer", ["echo EndTime=Unknown", "exit 1", "echo slurm is down >&2"])
def test_slurm_that_does_not_say(tmp_path, monkeypatch, answer):
    fake = tmp_path / "scontrol"
    fake.write_text(f"#!/bin/sh\n{answer}\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert slurm_seconds_left({"SLURM_JOB_ID": "7"}) is None
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    assert slurm_seconds_left({"SLURM_JOB_ID": "7"}) is None


def fake_scontrol(folder, monkeypatch, end):
    fake = folder / "scontrol"
    fake.write_text(f"#!/bin/sh\necho JobId=$5 EndTime={end} Deadline=N/A\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


@pytest.mark.parametrize("ago", [90, 3600, 1e7])
@pytest.mark.parametrize("variable", ["SLURM_JOB_END_TIME", "SLURM_JOB_ID"])
def test_a_job_that_is_long_over_is_not_ours(tmp_path, monkeypatch, caplog, ago, variable):
    """tmux keeps the variables of the job that it was started in."""
    environ, end = {"SLURM_JOB_ID": "7"}, time.time() - ago
    if variable == "SLURM_JOB_END_TIME":
        environ[variable] = str(int(end))
    fake_scontrol(tmp_path, monkeypatch, time.strftime("%Y-%m-%dT%H:%M:%S", time.localtime(end)))
    assert slurm_seconds_left(environ) is None
    (record,) = caplog.records
    assert f"{variable}={environ[variable]} is of a Slurm job that was over" in record.message
    assert find_deadline(50.0, environ).source == "run.time_limit"


def test_the_end_itself_is_heeded(caplog):
    end = str(int(time.time()) - 10)
    deadline = find_deadline(None, {"SLURM_JOB_ID": "7", "SLURM_JOB_END_TIME": end})
    assert deadline.near
    assert not caplog.records


@pytest.mark.parametrize("end", ["soon", "-5", "\u0663", "9" * 400, ""])
def test_an_end_that_is_no_time_is_asked_for(tmp_path, monkeypatch, end):
    then = time.strftime("%Y-%m-%dT%H:%M:%S", time.localtime(time.time() + 500))
    fake_scontrol(tmp_path, monkeypatch, then)
    left = slurm_seconds_left({"SLURM_JOB_ID": "7", "SLURM_JOB_END_TIME": end})
    assert 400 < left <= 500


def test_a_run_in_a_shell_of_an_old_job(tmp_path):
    old = {"SLURM_JOB_ID": "7", "SLURM_JOB_END_TIME": str(int(time.time()) - 3600)}
    done = python(*MAP_ELITES, "--run-dir", tmp_path / "run", env=old)
    finished(done)
    assert done.stderr.count("SLURM_JOB_END_TIME") == 1
    assert (tmp_path / "run" / "log.txt").read_text().count("SLURM_JOB_END_TIME") == 1
