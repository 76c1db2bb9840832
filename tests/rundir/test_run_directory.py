from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from dsage_mpi.rundir.run_directory import RunDirectory, RunDirectoryError


@pytest.fixture(autouse=True)
def _in_tmp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_numbers_directories() -> None:
    first, second = (RunDirectory.create(None, "maze_quick") for _ in range(2))
    other = RunDirectory.create(None, "maze_tiny")
    assert [d.path for d in (first, second, other)] == [
        Path("runs/maze_quick-0001"),
        Path("runs/maze_quick-0002"),
        Path("runs/maze_tiny-0001"),
    ]
    assert first.checkpoints.is_dir()
    assert first.figures.is_dir()


def test_racing_programs_get_different_directories() -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: RunDirectory.create(None, "m").path, range(16)))
    assert len(set(made)) == 16


def test_takes_a_new_or_empty_directory(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert RunDirectory.create(tmp_path / "empty", "m").path == tmp_path / "empty"
    assert RunDirectory.create(tmp_path / "a/b/c", "m").checkpoints.is_dir()


def test_refuses_a_directory_in_use(tmp_path: Path) -> None:
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "precious.txt").write_text("data")
    with pytest.raises(RunDirectoryError, match=r"not empty.*--restart .*results.*--run-dir"):
        RunDirectory.create(tmp_path / "results", "m")
    assert os.listdir(tmp_path / "results") == ["precious.txt"]


def test_of_two_programs_one_gets_the_same_name(tmp_path: Path) -> None:
    def create(_: int) -> bool:
        try:
            RunDirectory.create(tmp_path / "same", "m")
        except RunDirectoryError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(create, range(16))) == 1


def test_refuses_a_file_and_what_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RunDirectoryError, match="is a file"):
        RunDirectory.create(tmp_path / "file", "m")
    with pytest.raises(RunDirectoryError, match=r"below.*writable folder with --run-dir"):
        RunDirectory.create(tmp_path / "file" / "below", "m")
    Path("runs").write_text("in the way")
    with pytest.raises(RunDirectoryError, match="runs"):
        RunDirectory.create(None, "m")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_refuses_a_read_only_parent(tmp_path: Path) -> None:
    (tmp_path / "locked").mkdir(mode=0o500)
    with pytest.raises(RunDirectoryError, match="Permission denied"):
        RunDirectory.create(tmp_path / "locked" / "run", "m")


def test_opens_what_it_created(tmp_path: Path) -> None:
    made = RunDirectory.create(tmp_path / "run", "m")
    made.write_config("seed = 1\n")
    assert RunDirectory.open(tmp_path / "run") == made
    assert made.config.read_text() == "seed = 1\n"


def test_locates_the_directory_of_a_checkpoint(tmp_path: Path) -> None:
    made = RunDirectory.create(tmp_path / "run", "m")
    checkpoint = made.checkpoints / "checkpoint-000003.h5"
    checkpoint.write_bytes(b"")
    assert RunDirectory.locate(checkpoint).path == made.path.resolve()
    assert RunDirectory.locate(made.path) == made
    (tmp_path / "stray.h5").write_bytes(b"")
    with pytest.raises(RunDirectoryError, match="outside a run directory"):
        RunDirectory.locate(tmp_path / "stray.h5")


def test_open_says_what_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(RunDirectoryError, match="does not exist"):
        RunDirectory.open(tmp_path / "nowhere")
    (tmp_path / "file").write_text("")
    with pytest.raises(RunDirectoryError, match="not a folder"):
        RunDirectory.open(tmp_path / "file")
    (tmp_path / "photos").mkdir()
    with pytest.raises(RunDirectoryError, match="does not look like a run directory"):
        RunDirectory.open(tmp_path / "photos")


def test_names_of_rank_logs(tmp_path: Path) -> None:
    directory = RunDirectory(tmp_path)
    assert directory.rank_log(0) == tmp_path / "log.txt"
    assert directory.rank_log(3) == tmp_path / "logs" / "rank-0003.log"
