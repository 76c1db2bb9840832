"""Locks of run directories, with real processes that hold them and die."""

from __future__ import annotations

import errno
import fcntl
import json
import signal
import subprocess
import sys
import threading
import time

import pytest

from dsage_mpi.rundir.lock import RunLock, is_held, read_holder
from dsage_mpi.rundir.run_directory import RunDirectory, RunDirectoryError
from tests.support import REPOSITORY, clean_environment

HOLDER = """
import sys, time
from pathlib import Path
from dsage_mpi.rundir.lock import RunLock
from dsage_mpi.rundir.run_directory import RunDirectory
lock = RunLock(RunDirectory(Path(sys.argv[1])))
print("held", flush=True)
time.sleep(60)
"""


@pytest.fixture
def directory(tmp_path):
    return RunDirectory(tmp_path)


@pytest.fixture
def holder(directory):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(directory.path)],
        stdout=subprocess.PIPE,
        cwd=REPOSITORY,
        env=clean_environment(),
        text=True,
    )
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_held_by_a_running_program(directory, holder):
    assert is_held(directory)
    with pytest.raises(RunDirectoryError, match=f"process {holder.pid} on ") as refused:
        RunLock(directory)
    assert "dsage_mpi cancel" in str(refused.value)


def test_killed_holder_lets_go(directory, holder):
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert read_holder(directory.lock)["pid"] == holder.pid
    assert not is_held(directory)
    with RunLock(directory):
        assert is_held(directory)
    assert not is_held(directory)


def write_holder(directory, updated, **facts):
    holder = {"host": "elsewhere", "pid": 1, "job_id": None, "since": "2020-01-01 00:00:00"}
    directory.lock.write_text(json.dumps(holder | facts))
    directory.status.write_text(json.dumps({"updated": updated}))


def test_holder_on_another_machine_is_believed_while_it_writes(directory):
    """Where the kernel's lock does not reach over the network, its status tells."""
    write_holder(directory, time.time())
    assert is_held(directory)
    with pytest.raises(RunDirectoryError, match="on elsewhere"):
        RunLock(directory)
    write_holder(directory, time.time() - 3600)
    assert not is_held(directory)
    RunLock(directory).release()


@pytest.mark.parametrize("state", ["stopped", "done", "failed"])
def test_holder_on_another_machine_that_has_ended_is_not_waited_for(directory, state):
    write_holder(directory, time.time())
    directory.status.write_text(json.dumps({"updated": time.time(), "state": state}))
    assert not is_held(directory)
    RunLock(directory).release()


def test_same_job_waits_for_its_dying_start(directory, monkeypatch):
    monkeypatch.delenv("SLURM_ARRAY_JOB_ID", raising=False)
    monkeypatch.setenv("SLURM_JOB_ID", "77")
    write_holder(directory, time.time(), job_id="77")
    with directory.lock.open() as dying:
        fcntl.flock(dying, fcntl.LOCK_EX)
        threading.Timer(1.5, fcntl.flock, (dying, fcntl.LOCK_UN)).start()
        RunLock(directory).release()


def test_requeued_job_takes_over_at_once(directory, monkeypatch):
    write_holder(directory, time.time(), job_id="77")
    monkeypatch.delenv("SLURM_ARRAY_JOB_ID", raising=False)
    monkeypatch.setenv("SLURM_JOB_ID", "77")
    RunLock(directory).release()


def test_file_system_without_locks(directory, holder, monkeypatch):
    def unsupported(*args):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr("fcntl.flock", unsupported)
    assert is_held(directory)
    with pytest.raises(RunDirectoryError, match=f"process {holder.pid}"):
        RunLock(directory)
    holder.kill()
    holder.wait()
    assert not is_held(directory)
    RunLock(directory).release()


def test_unwritable_directory(directory):
    directory.lock.symlink_to("/proc/no/such/place")
    with pytest.raises(RunDirectoryError, match=r"cannot write into .*--run-dir"):
        RunLock(directory)


def test_full_disk(directory, monkeypatch):
    def full(*args):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.pwrite", full)
    with pytest.raises(RunDirectoryError, match="No space left on device"):
        RunLock(directory)


def test_looking_does_not_get_in_the_way(directory):
    """``status`` may look at a dead run just when it is started again."""
    write_holder(directory, 0.0)
    with directory.lock.open() as looking:
        fcntl.flock(looking, fcntl.LOCK_SH)
        threading.Timer(0.15, fcntl.flock, (looking, fcntl.LOCK_UN)).start()
        RunLock(directory).release()


def test_damaged_lock_file_is_no_obstacle(directory):
    directory.lock.write_text("{ nonsense")
    RunLock(directory).release()
