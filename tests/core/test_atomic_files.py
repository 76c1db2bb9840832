from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dsage_mpi.core.atomic_files import atomic_write, remove_remains
from tests.support import REPOSITORY, clean_environment


def test_replaces_the_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"a much longer old content")
    with atomic_write(path) as file:
        file.write(b"new")
        assert path.read_bytes() == b"a much longer old content"
    assert path.read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["a.bin"]


def test_failure_keeps_the_old_file_and_leaves_no_debris(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")

    def write_half() -> None:
        with atomic_write(path, "w") as file:
            file.write("new")
            file.flush()
            raise RuntimeError("half-way")

    with pytest.raises(RuntimeError, match="half-way"):
        write_half()
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_follows_the_umask_like_any_new_file(tmp_path: Path) -> None:
    (tmp_path / "plain").write_text("")
    with atomic_write(tmp_path / "atomic"):
        pass
    assert (tmp_path / "atomic").stat().st_mode == (tmp_path / "plain").stat().st_mode


WRITER = """
import sys, time
from pathlib import Path
from dsage_mpi.core.atomic_files import atomic_write
with atomic_write(Path(sys.argv[1])) as file:
    file.write(b"half")
    file.flush()
    print("writing", flush=True)
    time.sleep(60)
"""


def age(folder: Path) -> None:
    """Makes everything in a folder a minute old."""
    for path in folder.iterdir():
        os.utime(path, (time.time() - 60,) * 2, follow_symlinks=False)


def test_what_a_killed_writer_left_goes_and_what_a_living_one_writes_stays(tmp_path: Path) -> None:
    path = tmp_path / "archive.npz"
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)],
        stdout=subprocess.PIPE,
        cwd=REPOSITORY,
        env=clean_environment(),
    )
    assert writer.stdout is not None
    with writer.stdout:
        writer.stdout.readline()
    (half,) = tmp_path.iterdir()
    age(tmp_path)
    remove_remains(tmp_path)
    assert half.exists()
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    with atomic_write(tmp_path / "other.npz"):
        pass
    assert half.exists()
    with atomic_write(path) as file:
        file.write(b"whole")
    assert sorted(os.listdir(tmp_path)) == ["archive.npz", "other.npz"]


@pytest.mark.parametrize("name", [".a.12345678.tmp", ".[a]*.12345678.tmp"])
def test_remains_of_any_name_go(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"half")
    remove_remains(tmp_path)
    assert os.listdir(tmp_path) == [name], "its lock may be still to come"
    age(tmp_path)
    remove_remains(tmp_path, name[1:-13])
    assert os.listdir(tmp_path) == []
    remove_remains(tmp_path / "nothing")


def test_nothing_else_goes(tmp_path: Path) -> None:
    names = [".a.tmp", "a.12345678.tmp", ".a.123.tmp", ".a.12345678.tmp.b", "notes"]
    for name in names:
        (tmp_path / name).write_text("mine")
    (tmp_path / ".a.abcdefgh.tmp").symlink_to(tmp_path / "notes")
    (tmp_path / ".a.folderxx.tmp").mkdir()
    age(tmp_path)
    remove_remains(tmp_path)
    assert sorted(os.listdir(tmp_path)) == sorted([*names, ".a.abcdefgh.tmp", ".a.folderxx.tmp"])
