"""What hangs in the air: coins, block rows, clouds and tree tops, and as much of it as wanted.

The number of sky tiles (not empty, rows 0 to 8) is a measure of the search, so the author spreads
it over its whole range on purpose.
"""

from __future__ import annotations

import numpy as np

from dsage_mpi.domains.mario.records import WIDTH
from dsage_mpi.training.mario_generator.author.beats import block_row, even
from dsage_mpi.training.mario_generator.author.canvas import BLOCK, BRICK, COIN, EMPTY, Canvas

#: Rows counted as sky (mario.md section 12).
SKY_ROWS = 9


def sky_tiles(grid: np.ndarray) -> int:
    """Tiles that are not empty in the rows of the sky."""
    return int(np.count_nonzero(grid[:SKY_ROWS]))


def fill_sky(canvas: Canvas, rng: np.random.Generator, wanted: int) -> None:
    """Adds pieces of one or two kinds until ``wanted`` sky tiles are there or nothing fits."""
    pieces = (_coins, _bricks, _tree, _cloud)
    chosen = rng.choice(len(pieces), size=2, p=(0.25, 0.3, 0.3, 0.15))
    for _ in range(60):
        if sky_tiles(canvas.level) >= wanted:
            return
        pieces[chosen[int(rng.integers(0, 2))]](canvas, rng)


def _coins(canvas: Canvas, rng: np.random.Generator) -> None:
    rows, width = int(rng.integers(1, 3)), even(rng, 4, 8)
    row, column = even(rng, 2, 6), even(rng, 4, WIDTH - 6 - width)
    if canvas.is_free(row - 1, row + rows + 1, column, column + width):
        canvas.grid[row : row + rows, column : column + width] = COIN


def _bricks(canvas: Canvas, rng: np.random.Generator) -> None:
    width = int(rng.integers(3, 10))
    row, column = int(rng.choice((2, 6))), even(rng, 6, WIDTH - 6 - width)
    if not canvas.is_free(row - 2, row + 4, column - 1, column + width + 1):
        return
    canvas.strip(row, column, block_row(rng, width))
    if rng.random() < 0.3:
        canvas.strip(row - 1, column, [COIN if tile != EMPTY else EMPTY for tile in
                                       canvas.grid[row, column : column + width]])  # fmt: skip


def _tree(canvas: Canvas, rng: np.random.Generator) -> None:
    width = even(rng, 4, 8)
    row, column = int(rng.integers(3, 8)), even(rng, 8, WIDTH - 6 - width)
    if canvas.is_free(row - 2, SKY_ROWS + 2, column, column + width):
        canvas.platform(column, column + width, row)


def _cloud(canvas: Canvas, rng: np.random.Generator) -> None:
    width, tile = even(rng, 4, 10), int(rng.choice((BLOCK, BRICK)))
    row, column = even(rng, 2, 4), even(rng, 8, WIDTH - 6 - width)
    if canvas.is_free(row - 1, row + 6, column - 1, column + width + 1):
        canvas.grid[row : row + 2, column : column + width] = tile
