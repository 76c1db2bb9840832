"""Symbolic links at the names that a run writes: none is followed, checkpoints excepted."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from dsage_mpi.__main__ import main
from dsage_mpi.checkpoint.hdf5 import read_tree, write_tree
from dsage_mpi.rundir.lock import RunLock
from dsage_mpi.rundir.run_directory import RunDirectory, RunDirectoryError
from dsage_mpi.rundir.status import StatusFile, read_status
from dsage_mpi.training.arrays import write_arrays
from tests.runs import MAP_ELITES, assert_no_difference, finished
from tests.support import python


@pytest.fixture
def precious(tmp_path: Path) -> Path:
    """Somebody else's file."""
    path = tmp_path / "precious"
    path.write_text("precious")
    return path


def test_files_with_temporary_names(tmp_path: Path, precious: Path) -> None:
    for name in (".status.json.writing", ".c.h5.writing", "a.npz.part"):
        (tmp_path / name).symlink_to(precious)
    StatusFile(tmp_path / "status.json", seed=1)
    write_tree(tmp_path / "c.h5", {"a": 1})
    write_arrays(tmp_path / "a.npz", {}, compress=False)
    assert precious.read_text() == "precious"
    assert read_status(tmp_path / "status.json")["seed"] == 1
    assert read_tree(tmp_path / "c.h5") == {"a": 1}
    for name in ("status.json", "c.h5"):
        assert not (tmp_path / name).is_symlink()


def test_the_lock(tmp_path: Path, precious: Path) -> None:
    (tmp_path / "lock").symlink_to(precious)
    with pytest.raises(RunDirectoryError, match="lock there is a symbolic link"):
        RunLock(RunDirectory(tmp_path))
    assert precious.read_text() == "precious"


def test_the_journal(whole_run: Callable[[str], Path], tmp_path: Path, precious: Path) -> None:
    run_dir = tmp_path / "run"
    few = ("--set", "algorithm.max_evaluations=30")
    finished(python(*MAP_ELITES, *few, "--run-dir", run_dir))
    (run_dir / "journal").unlink()
    (run_dir / "journal").symlink_to(precious)
    more = ("--set", "algorithm.max_evaluations=50")
    finished(python("-m", "dsage_mpi", "--restart", run_dir, *more))
    assert precious.read_text() == "precious"
    assert_no_difference(run_dir, whole_run("map_elites"))


@pytest.mark.parametrize("inside", [False, True], ids=["link to a checkpoint", "moved away"])
def test_a_checkpoint_by_a_symbolic_link_is_one_of_its_run(
    whole_run: Callable[[str], Path], tmp_path: Path, inside: bool
) -> None:
    run_dir = shutil.copytree(whole_run("map_elites"), tmp_path / "run")
    checkpoint = max((run_dir / "checkpoints").glob("checkpoint-*.h5"))
    if inside:
        (tmp_path / "store").mkdir()
        target = Path(shutil.move(checkpoint, tmp_path / "store" / "c.h5"))
        checkpoint.symlink_to(target)
        link = checkpoint
    else:
        link = tmp_path / "link.h5"
        link.symlink_to(checkpoint)
    assert RunDirectory.locate(link).path.resolve() == run_dir.resolve()
    assert main(["--restart", str(link), "--dry-run"]) == 0
    finished(python("-m", "dsage_mpi", "--restart", link))
    assert_no_difference(run_dir, whole_run("map_elites"))


def test_remains_of_a_killed_start_go_with_the_next_one(
    whole_run: Callable[[str], Path], tmp_path: Path
) -> None:
    run_dir = shutil.copytree(whole_run("map_elites"), tmp_path / "run")
    remains = [run_dir / ".archive.npz.abcdefgh.tmp", run_dir / "figures" / ".a.png.abcdefgh.tmp"]
    for path in remains:
        path.write_bytes(b"half")
        os.utime(path, (0, 0))
    finished(python("-m", "dsage_mpi", "--restart", run_dir))
    assert not any(path.exists() for path in remains)
