"""Symbolic links at the names that a run writes: none is followed, checkpoints excepted."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from dsage_mpi.__main__ import main
from dsage_mpi.checkpoint.hdf5 import read_tree, write_tree
from dsage_mpi.rundir.failures import FailureLog
from dsage_mpi.rundir.lock import RunLock
from dsage_mpi.rundir.logging import close_logging, setup_logging
from dsage_mpi.rundir.metrics import Metrics
from dsage_mpi.rundir.run_directory import RunDirectory, RunDirectoryError
from dsage_mpi.rundir.status import StatusFile, read_status
from dsage_mpi.training.arrays import write_arrays
from dsage_mpi.training.curve import LearningCurve
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


WRITTEN = ("config.toml", "versions.json", "log.txt", "metrics.csv", "ranks.csv", "failures.jsonl")
WRITTEN += ("status.json", "journal", "archive.npz", "archive.csv", "STOP", "CHECKPOINT_NOW")


def test_no_file_that_a_run_writes_is_a_way_out(
    whole_run: Callable[[str], Path], tmp_path: Path, precious: Path
) -> None:
    run_dir = tmp_path / "run"
    few = ("--set", "algorithm.max_evaluations=30")
    finished(python(*MAP_ELITES, *few, "--run-dir", run_dir))
    (run_dir / "archive.npz").unlink()
    for name in (*WRITTEN, "logs/rank-0001.log", "figures/archive_objective.png"):
        (run_dir / name).unlink(missing_ok=True)
        (run_dir / name).symlink_to(precious)
    more = ("--set", "algorithm.max_evaluations=50", "--set", "report.figures=true")
    finished(python("-m", "dsage_mpi", "--restart", run_dir, *more))
    assert precious.read_text() == "precious"
    assert_no_difference(run_dir, whole_run("map_elites"))
    for name in ("log.txt", "metrics.csv", "status.json", "archive.npz"):
        assert not (run_dir / name).is_symlink()
        assert (run_dir / name).stat().st_size > 100


def _log_a_line(folder: Path, name: str) -> None:
    setup_logging(RunDirectory(folder), rank=0)
    logging.getLogger("dsage_mpi").info("a line")
    close_logging()


def _add_metrics(folder: Path, name: str) -> None:
    metrics = Metrics(folder / name, ["a"])
    row = {"iteration": 1, "evaluations": 1, "qd_score": 1.0, "coverage": 0.1, "best": 1.0}
    metrics.append({c.name: row.get(c.name, c.kind(0)) for c in metrics.columns})
    (folder / name).unlink()
    (folder / name).symlink_to(folder / "precious")
    metrics.append({c.name: row.get(c.name, c.kind(0)) for c in metrics.columns})


def _add_a_failure(folder: Path, name: str) -> None:
    FailureLog(folder / name).append({"evaluation": 7})


def _add_to_a_curve(folder: Path, name: str) -> None:
    curve = LearningCurve(folder / name, ["update", "loss"], 0)
    curve.add({"update": 0, "loss": 1.0})
    curve.close()


def _ask_to_stop(folder: Path, name: str) -> None:
    (folder / "checkpoints").mkdir()
    (folder / "config.toml").touch()
    with RunLock(RunDirectory(folder)):
        assert main(["cancel", str(folder)]) == 0


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("log.txt", _log_a_line),
        ("metrics.csv", _add_metrics),
        ("failures.jsonl", _add_a_failure),
        ("learning_curve.csv", _add_to_a_curve),
        ("STOP", _ask_to_stop),
    ],
)
@pytest.mark.parametrize("there", [True, False], ids=["a file", "nothing"])
def test_what_files_are_added_to(
    tmp_path: Path, name: str, write: Callable[[Path, str], None], there: bool
) -> None:
    target = tmp_path / "precious"
    if there:
        target.write_text("precious")
    (tmp_path / name).symlink_to(target)
    write(tmp_path, name)
    assert not (tmp_path / name).is_symlink()
    assert target.read_text() == "precious" if there else not target.exists()
    assert name == "STOP" or (tmp_path / name).stat().st_size > 0


def test_a_pipe_at_the_name_of_a_log_is_not_waited_for(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    os.mkfifo(tmp_path / "log.txt")
    _log_a_line(tmp_path, "log.txt")
    assert f"cannot write {tmp_path / 'log.txt'}: " in capfd.readouterr().err
