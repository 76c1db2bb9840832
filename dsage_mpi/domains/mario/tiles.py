"""Tile indices of Mario levels and their text form (mario.md section 2)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dsage_mpi.domains.mario.records import HEIGHT

#: Character of each tile index (mario.md section 2.5).
TILES = "-*ygkrtS!@FX%M|o#"
EMPTY = 0
#: Rows that a file may have; what is missing to 16 is empty sky.
LOWEST = 14
#: Columns that a file may have: ten times those of the longest that there are.
WIDEST = 4000

#: All spellings of a tile: the first character is the one in ``TILES``, the others are the finer
#: kinds of the engine that the generator's alphabet merges into it.
MERGED = ("-12", "*bB", "yY", "gGE", "kK", "rR", "tT<>[]", "SCULD", "!Q", "@?", *"FXM%|o#")
_INDEX = {character: TILES.index(group[0]) for group in MERGED for character in group}

#: Indices of the enemies: spiky, goomba, green koopa, red koopa.
ENEMIES = tuple(TILES.index(character) for character in "ygkr")


def to_text(level: NDArray[np.int8]) -> str:
    """Writes a level ((H, W) tile indices) as text: one line per row, no final newline.

    Raises:
        ValueError: if an index is no tile; names row and column, from 1.
    """
    rows = np.asarray(level)
    bad = np.argwhere((rows < 0) | (rows >= len(TILES)))
    if len(bad):
        row, column = bad[0]
        raise ValueError(
            f"row {row + 1}, column {column + 1} holds {rows[row, column]}; "
            f"tile indices are 0 to {len(TILES) - 1}"
        )
    return "\n".join("".join(TILES[tile] for tile in row) for row in rows)


def from_text(text: str) -> NDArray[np.int8]:
    """Reads a level of any width ((16, w) int8 tile indices) written as text.

    Files of levels have 14 to 16 rows; what is missing to 16 is empty sky above. Finer kinds of a
    tile (``?``, ``G``, ``[``, ...) become the one that the alphabet has; Windows line ends, a byte
    order mark and empty lines at the end are ignored.

    Raises:
        ValueError: if the size is wrong or a character is unknown; names row and column, from 1.
    """
    lines = text.removeprefix("\ufeff").replace("\r", "").rstrip("\n").split("\n")
    if lines == [""]:
        raise ValueError(f"is empty; expected {LOWEST} to {HEIGHT} rows")
    if not LOWEST <= len(lines) <= HEIGHT:
        raise ValueError(f"{len(lines)} rows; expected {LOWEST} to {HEIGHT}")
    width = len(lines[0])
    if not 1 <= width <= WIDEST:
        raise ValueError(f"{width} columns in row 1; expected 1 to {WIDEST}")
    level = np.full((HEIGHT, width), EMPTY, np.int8)
    for row, line in enumerate(lines):
        if len(line) != width:
            raise ValueError(
                f"row {row + 1} has {len(line)} columns, row 1 has {width}; "
                "all rows must be equally long"
            )
        for column, character in enumerate(line):
            if character not in _INDEX:
                raise ValueError(
                    f"row {row + 1}, column {column + 1} holds {character!r}; "
                    f"tiles are {''.join(MERGED)}"
                )
            level[HEIGHT - len(lines) + row, column] = _INDEX[character]
    return level
