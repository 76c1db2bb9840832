"""What is at a path, and what cannot be told."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dsage_mpi.core.paths import create_anew, is_file, kind_of, list_folder


def test_kinds(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("file")
    (tmp_path / "dangling").symlink_to("nothing")
    kinds = {path.name: kind_of(path) for path in list_folder(tmp_path)}
    expected = {"dangling": None, "file": "file", "link": "file", "pipe": "other"}
    assert kinds == expected
    assert kind_of(tmp_path) == "folder"
    assert is_file(tmp_path / "link")


@pytest.mark.parametrize("name", ["nothing", "file/below", "a" * 5000, "a\0b"])
def test_what_cannot_be_there_is_not(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("")
    assert kind_of(tmp_path / name) is None


def test_what_cannot_be_told_raises(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(OSError, match="symbolic links"):
        kind_of(tmp_path / "loop")
    assert list_folder(tmp_path / "nothing") == []


def test_files_are_made_anew(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("precious")
    (tmp_path / "link").symlink_to("other")
    os.close(create_anew(tmp_path / "link"))
    assert (tmp_path / "other").read_text() == "precious"
    assert (tmp_path / "link").read_text() == ""
    assert not (tmp_path / "link").is_symlink()
