"""Where a level starts and ends (mario.md section 2.4)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dsage_mpi.domains.mario.tiles import TILES

#: Tiles that a start or an exit stands on. Cannons do not count, although they are solid.
_FLOOR = tuple(TILES.index(character) for character in "X#@!SD%t" if character in TILES)
_START, _EXIT = TILES.index("M"), TILES.index("F")


@dataclass(frozen=True)
class Ends:
    """Cells of start and exit, and the rows of the flag's pole.

    Attributes:
        start: (row, column); row -1 above a column without floor.
        exit: (row, column), likewise.
        pole: First and last row of the pole in the exit's column; the first is its top.
    """

    start: tuple[int, int]
    exit: tuple[int, int]
    pole: tuple[int, int]


def find_ends(level: NDArray[np.int8]) -> Ends:
    """Start and exit of a level ((H, W) tile indices): last M and F, else the outer columns."""
    start = _last(level, _START) or (floor_row(level, 0), 0)
    exit_ = _last(level, _EXIT) or (floor_row(level, level.shape[1] - 1), level.shape[1] - 1)
    top = max(1, exit_[0] - 11)
    return Ends(start, exit_, (top, max(top, exit_[0])))


def floor_row(level: NDArray[np.int8], column: int) -> int:
    """Row of the first free cell above the lowest floor of a column; -1 if there is none."""
    solid = np.isin(level[:, column], _FLOOR)[::-1]
    if not solid.any():
        return -1
    lowest = int(solid.argmax())
    free = ~solid[lowest:]
    return len(solid) - 1 - lowest - int(free.argmax()) if free.any() else -1


def _last(level: NDArray[np.int8], tile: int) -> tuple[int, int] | None:
    cells = np.argwhere(level == tile)
    return (int(cells[-1][0]), int(cells[-1][1])) if len(cells) else None
