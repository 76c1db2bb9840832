"""A level being written: the tile grid, where its ground is, and the pieces levels are made of."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dsage_mpi.domains.mario.records import HEIGHT, WIDTH
from dsage_mpi.domains.mario.tiles import TILES

#: Columns beyond the level: more than the longest piece has.
_SPARE = 32
#: Row of the upper ground tiles of flat land; two rows thick.
LAND = 14

EMPTY, CANNON, SPIKY, GOOMBA, KOOPA, RED_KOOPA, PIPE, BRICK, QUESTION, POWER_UP = range(10)
GROUND, PLATFORM, TRUNK, COIN, BLOCK = (TILES.index(tile) for tile in "X%|o#")
SOLID = (CANNON, PIPE, BRICK, QUESTION, POWER_UP, GROUND, PLATFORM, BLOCK)


class Canvas:
    """A 16x56 level in the making.

    Attributes:
        grid: (16, 88) int8 tile indices (mario.md section 2.5); there is room for the last piece
            to run over the end, and ``level`` cuts it off.
        floor: (88,) row of the topmost tile that one stands on near the ground; 16 over a gap.
    """

    def __init__(self) -> None:
        self.grid = np.zeros((HEIGHT, WIDTH + _SPARE), dtype=np.int8)
        self.floor = np.full(WIDTH + _SPARE, HEIGHT, dtype=np.int64)

    @property
    def level(self) -> NDArray[np.int8]:
        """(16, 56) tile indices: a view of what is written so far."""
        return self.grid[:, :WIDTH]

    def end(self, margin: int, row: int = LAND) -> None:
        """Level land instead of whatever reached into the last ``margin`` columns."""
        self.grid[:, WIDTH - margin :] = EMPTY
        self.land(WIDTH - margin, WIDTH, row)

    def land(self, start: int, stop: int, row: int = LAND, tile: int = GROUND) -> None:
        """Ground from ``row`` to the bottom in columns ``start`` to ``stop - 1``."""
        self.grid[row:, start:stop] = tile
        self.floor[start:stop] = row

    def pile(self, start: int, stop: int, height: int, tile: int) -> None:
        """Raises the floor of some columns by ``height`` tiles of one kind."""
        for column in range(start, stop):
            top = self.floor[column] - height
            self.grid[top : self.floor[column], column] = tile
            self.floor[column] = top

    def platform(self, start: int, stop: int, row: int) -> None:
        """A tree top: ``%`` on a trunk of ``|`` that goes down to the ground."""
        self.grid[row, start:stop] = PLATFORM
        inside = slice(start + 1, stop - 1) if stop - start > 2 else slice(start, stop)
        below = self.grid[row + 1 :, inside]
        below[below == EMPTY] = TRUNK

    def put(self, row: int, column: int, tile: int) -> bool:
        """Places one tile if the cell is in the level and empty; says whether it did."""
        inside = 0 <= row < HEIGHT and 0 <= column < self.grid.shape[1]
        if not inside or self.grid[row, column] != EMPTY:
            return False
        self.grid[row, column] = tile
        return True

    def strip(self, row: int, start: int, tiles: NDArray[np.integer] | list[int]) -> None:
        """Places tiles in a row, from left to right, where the cells are empty."""
        for offset, tile in enumerate(tiles):
            if tile != EMPTY:
                self.put(row, start + offset, int(tile))

    def is_free(self, top: int, bottom: int, start: int, stop: int) -> bool:
        """Whether rows ``top``..``bottom - 1`` of some columns are inside the level and empty."""
        if top < 0 or start < 0 or stop > WIDTH or bottom > HEIGHT:
            return False
        return not self.grid[top:bottom, start:stop].any()

    def stand(self, column: int, tile: int) -> bool:
        """Puts an enemy on the floor of a column, if there is a floor and room."""
        row = int(self.floor[column]) - 1
        return row < HEIGHT - 1 and self.put(row, column, tile)
