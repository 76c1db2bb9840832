"""Runs on file systems without locks: everything works, the run's own lock says that it is weak."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.nolocks import without_locks
from tests.runs import MAP_ELITES, assert_no_difference, finished
from tests.support import REPOSITORY, clean_environment, python

NUMBERS = [errno.ENOLCK, errno.EOPNOTSUPP]


@pytest.fixture(params=NUMBERS, ids=["ENOLCK", "EOPNOTSUPP"])
def environment(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str]:
    """Everything that a test writes lies on such a file system, and so does the installation."""
    library = tmp_path_factory.mktemp("library") / "no-locks.so"
    base = tmp_path_factory.getbasetemp()
    return without_locks(library, request.param, base, Path(sys.prefix), Path.home())


def test_a_run_its_restart_and_every_look_at_it(
    whole_run: Callable[[str], Path], tmp_path: Path, environment: dict[str, str]
) -> None:
    whole, run_dir = whole_run("map_elites"), tmp_path / "run"
    few = ("--set", "algorithm.max_evaluations=30")
    done = python(*MAP_ELITES, *few, "--run-dir", run_dir, env=environment)
    finished(done)
    assert list((run_dir / "checkpoints").glob("checkpoint-*.h5"))
    assert done.stderr.count("has no locks") == 1
    assert "has no locks" in (run_dir / "log.txt").read_text()
    more = ("--set", "algorithm.max_evaluations=50")
    finished(python("-m", "dsage_mpi", "--restart", run_dir, *more, env=environment))
    for command in ("verify", "inspect"):
        done = python("-m", "dsage_mpi", command, run_dir, env=environment)
        finished(done)
        assert done.stderr == ""
    assert_no_difference(run_dir, whole)


def test_all_ranks_write_together(
    mpirun: Callable[..., subprocess.CompletedProcess[str]],
    tmp_path: Path,
    environment: dict[str, str],
) -> None:
    together = ("--set", "checkpoint.writer=parallel")
    done = mpirun(2, *MAP_ELITES, *together, "--run-dir", tmp_path / "run", env=environment)
    finished(done)
    assert "trying again with rank 0 alone" not in done.stderr
    finished(python("-m", "dsage_mpi", "verify", tmp_path / "run"))


HOLDER = """
import sys, time
from pathlib import Path
from dsage_mpi.rundir.lock import RunLock
from dsage_mpi.rundir.run_directory import RunDirectory
lock = RunLock(RunDirectory(Path(sys.argv[1])))
print("held", flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("job", [None, "4711"], ids=["no job", "two shells of one job"])
def test_a_second_program_is_refused(
    whole_run: Callable[[str], Path],
    tmp_path: Path,
    environment: dict[str, str],
    job: str | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("SLURM_ARRAY_JOB_ID", raising=False)
    if job is not None:
        environment["PBS_JOBID"] = job
    run_dir = shutil.copytree(whole_run("map_elites"), tmp_path / "run")
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(run_dir)],
        stdout=subprocess.PIPE,
        cwd=REPOSITORY,
        env=clean_environment(environment),
        text=True,
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        second = ("-c", HOLDER.replace("time.sleep(60)", ""), run_dir)
        few_tries = "import dsage_mpi.rundir.lock as lock; lock._TRIES_OF_SAME_JOB = 3\n"
        refused = python("-c", few_tries + second[1], run_dir, env=environment)
        assert refused.returncode == 1
        assert f"belongs to a run that is running: process {holder.pid}" in refused.stderr
    finally:
        holder.kill()
        holder.wait()
        if holder.stdout is not None:
            holder.stdout.close()
    taken = python(*second, env=environment)
    assert (taken.returncode, taken.stdout) == (0, "held\n"), taken.stderr


def test_hdf5_locks_that_somebody_insists_on_are_no_damage(
    whole_run: Callable[[str], Path], tmp_path: Path, environment: dict[str, str]
) -> None:
    """The variable overrides what the program asks for: the file is whole all the same."""
    insisting = environment | {"HDF5_USE_FILE_LOCKING": "TRUE"}
    done = python("-m", "dsage_mpi", "verify", whole_run("map_elites"), env=insisting)
    assert done.returncode == 2
    assert "cannot read" in done.stderr
    assert "damaged" not in done.stderr + done.stdout
    run_dir = tmp_path / "run"
    done = python(*MAP_ELITES, "--run-dir", run_dir, env=insisting)
    assert done.returncode == 1
    assert "cannot write checkpoint" in done.stderr
    assert "make room" not in done.stderr
    assert "could not be written: see to the cause, then --restart" in done.stderr
    assert os.listdir(run_dir / "checkpoints") == []
