"""Tile indices of Mario levels and their text form (mario.md section 2)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dsage_mpi.domains.mario.records import HEIGHT, WIDTH

#: Character of each tile index (mario.md section 2.5).
TILES = "-*ygkrtS!@FX%M|o#"
EMPTY = 0

#: All spellings of a tile: the first character is the one in ``TILES``, the others are the finer
#: kinds of the engine that the generator's alphabet merges into it.
MERGED = ("-12", "*bB", "yY", "gGE", "kK", "rR", "tT<>[]", "SCULD", "!Q", "@?", *"FXM%|o#")
_INDEX = {character: TILES.index(group[0]) for group in MERGED for character in group}

#: Indices of the enemies: spiky, goomba, green koopa, red koopa.
ENEMIES = tuple(TILES.index(character) for character in "ygkr")


def to_text(level: NDArray[np.int8]) -> str:
    """Writes a level ((H, W) tile indices) as text: one line per row, no final newline.

    Raises:
        ValueError: if an index is no tile.
    """
    rows = np.asarray(level)
    bad = np.argwhere((rows < 0) | (rows >= len(TILES)))
    if len(bad):
        row, column = bad[0]
        raise ValueError(
            f"row {row}, column {column} holds {rows[row, column]}; "
            f"tile indices are 0 to {len(TILES) - 1}"
        )
    return "\n".join("".join(TILES[tile] for tile in row) for row in rows)


def from_text(text: str) -> NDArray[np.int8]:
    """Reads a level ((16, 56) int8 tile indices) written as text.

    Finer kinds of a tile (``?``, ``G``, ``[``, ...) become the one that the alphabet has;
    Windows line ends, a byte order mark and empty lines at the end are ignored.

    Raises:
        ValueError: if the size is wrong or a character is unknown; names row and column.
    """
    rows = text.removeprefix("\ufeff").replace("\r", "").rstrip("\n").split("\n")
    if rows == [""]:
        raise ValueError(f"it is empty; a level has {HEIGHT} rows")
    if len(rows) != HEIGHT:
        raise ValueError(f"{len(rows)} rows; a level has {HEIGHT}")
    level = np.empty((HEIGHT, WIDTH), np.int8)
    for row, line in enumerate(rows):
        if len(line) != WIDTH:
            raise ValueError(f"row {row} has {len(line)} tiles; a level is {WIDTH} wide")
        for column, character in enumerate(line):
            if character not in _INDEX:
                raise ValueError(
                    f"row {row}, column {column} holds {character!r}; tiles are {TILES}"
                )
            level[row, column] = _INDEX[character]
    return level
