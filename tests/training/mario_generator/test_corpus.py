"""Folders of level files: windows, merged symbols, and errors that say where."""

from __future__ import annotations

import codecs
import os
import re
from pathlib import Path

import numpy as np
import pytest

from dsage_mpi.core.domain import DomainError
from dsage_mpi.domains.mario.tiles import TILES
from dsage_mpi.training.mario_generator.corpus import folder_levels, read_level

WIDE = 60


def _level(width: int = WIDE, rows: int = 14) -> list[list[str]]:
    level = [["-"] * width for _ in range(rows)]
    level[-1] = ["X"] * width
    return level


def _write(path: Path, level: list[list[str]], end: str = "\n") -> Path:
    path.write_text(end.join("".join(row) for row in level) + end, encoding="utf-8", newline="")
    return path


def test_windows_of_all_files_in_the_order_of_their_names(tmp_path: Path) -> None:
    for name, place in (("b.txt", 3), ("a.txt", 0)):
        level = _level()
        level[10][place] = "g"
        _write(tmp_path / name, level)
    (tmp_path / "notes.md").write_text("no level")
    windows = folder_levels(tmp_path, stride=2)
    assert windows.shape == (6, 16, 56)
    assert windows.dtype == np.int8
    # 14 rows stand at the bottom; window k of a file starts at its column 2k.
    places = [np.argwhere(window == TILES.index("g")).tolist() for window in windows]
    assert places == [[[12, 0]], [], [], [[12, 3]], [[12, 1]], []]
    assert (windows[:, 15] == TILES.index("X")).all()
    assert len(folder_levels(tmp_path, stride=1)) == 10


def test_finer_kinds_become_the_tile_of_the_alphabet(tmp_path: Path) -> None:
    level = _level(rows=16)
    written, expected = (
        "-12*bByYgGEkKrRtTSCUL!Q@?FX%M|o#<>[]",
        "---***yygggkkrrttSSSS!!@@FX%M|o#tttt",
    )
    level[4][: len(written)] = list(written)
    row = read_level(_write(tmp_path / "a.txt", level))[4]
    assert "".join(TILES[tile] for tile in row[: len(written)]) == expected


def test_windows_line_ends_are_read(tmp_path: Path) -> None:
    unix = read_level(_write(tmp_path / "unix.txt", _level()))
    windows = read_level(_write(tmp_path / "windows.txt", _level(), end="\r\n"))
    np.testing.assert_array_equal(unix, windows)
    marked = tmp_path / "marked.txt"
    marked.write_bytes(codecs.BOM_UTF8 + (tmp_path / "unix.txt").read_bytes())
    np.testing.assert_array_equal(unix, read_level(marked))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("ragged", "row 3 has 59 columns, row 1 has 60"),
        ("narrow", "55 columns in row 1; expected 56 or more"),
        ("short", "13 rows; expected 14 to 16"),
        ("symbol", "row 5, column 8 holds 'ä'"),
        ("binary", "is no text (UTF-8)"),
        ("empty", "is empty; expected 14 to 16 rows"),
        ("pipe", "is no regular file; expected a text file"),
    ],
)
def test_files_that_are_no_level_are_explained(change: str, expected: str, tmp_path: Path) -> None:
    level = _level(55 if change == "narrow" else WIDE, 13 if change == "short" else 14)
    if change == "ragged":
        level[2].pop()
    if change == "symbol":
        level[4][7] = "ä"
    path = _write(tmp_path / "level.txt", level)
    if change == "binary":
        path.write_bytes(b"\xff\xfe\x00")
    if change == "empty":
        path.write_text("\n")
    if change == "pipe":
        path.unlink()
        os.mkfifo(path)
    with pytest.raises(DomainError, match=re.escape(expected)) as caught:
        folder_levels(tmp_path, stride=1)
    assert str(path) in str(caught.value)


def test_folders_without_levels_are_explained(tmp_path: Path) -> None:
    with pytest.raises(DomainError, match=r"has no level files \(\*\.txt\)"):
        folder_levels(tmp_path, stride=1)
    with pytest.raises(DomainError, match="does not exist; expected a folder"):
        folder_levels(tmp_path / "none", stride=1)
    with pytest.raises(DomainError, match="is a file"):
        folder_levels(_write(tmp_path / "a.txt", _level()), stride=1)
