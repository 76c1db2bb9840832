"""Passages: long low tunnels that cannot be run through, only jumped through, and dead ends.

An open level takes our agent four to six jumps, however hard it looks: it flies over most of it.
Under a low roof each bump takes a jump of its own, so that the jumps grow with the length of the
passage, up to some twenty. Before a wall that nothing leads over it jumps until time runs out; how
often depends on the roof and the ground there. What is above the roof is independent of it all.
"""

from __future__ import annotations

import numpy as np

from dsage_mpi.domains.mario.records import WIDTH
from dsage_mpi.training.mario_generator.author.beats import even
from dsage_mpi.training.mario_generator.author.canvas import (
    BLOCK,
    BRICK,
    EMPTY,
    GROUND,
    LAND,
    PIPE,
    Canvas,
)

#: Columns between two bumps, columns of a bump, its height, and the roof's above the ground: those
#: of many trials that take the agent most jumps per column and still let it through.
_BUMPS = (
    (4, 2, 1, 3), (4, 2, 2, 3), (4, 2, 2, 4), (4, 2, 3, 4), (4, 1, 1, 3), (4, 1, 2, 3),
    (4, 1, 3, 4), (3, 1, 2, 3), (3, 1, 2, 3), (3, 1, 2, 4),
)  # fmt: skip
#: Bumps lie at columns that are multiples of their distance, but for this.
_PHASE = 2
#: Row that bricks over the entrance reach up to, so that the roof is no way round.
_LINTEL = 7
#: First and last columns that a passage may have.
_FIRST, _LAST = 8, WIDTH - 8


def passage(canvas: Canvas, rng: np.random.Generator) -> None:
    """Overwrites part of the level, most of it or all, with passages."""
    start = _FIRST + 4 * int(rng.choice(5, p=(0.5, 0.2, 0.1, 0.1, 0.1)))
    length = 4 * int(rng.integers(3, 11, 2).max())
    stop = min(start + length, _LAST)
    thickness = int(rng.choice((1, 2, 3, 4), p=(0.5, 0.2, 0.15, 0.15)))
    middle = start + even(rng, 8, 24) if rng.random() < 0.3 else stop
    for beside in (start - 2, stop):
        canvas.grid[:, beside : beside + 2] = EMPTY
        canvas.land(beside, beside + 2)
    for left, right in ((start, min(middle, stop)), (middle, stop)):
        if right - left >= 4:
            # Where another stretch follows, its roof may be lower than this one's bumps.
            bumps_end = right if right == stop else right - 2
            _stretch(canvas, rng, left, right, bumps_end, thickness)
    if rng.random() < 0.7:
        front = canvas.grid[_LINTEL:LAND, start : start + 2]
        front[: int(np.argmax(front[:, 0] != EMPTY))] = BRICK


def _stretch(
    canvas: Canvas,
    rng: np.random.Generator,
    start: int,
    stop: int,
    bumps_end: int,
    thickness: int,
) -> None:
    distance, width, height, clearance = _BUMPS[int(rng.integers(0, len(_BUMPS)))]
    if width == 2:
        tile = int(rng.choice((GROUND, BLOCK, BRICK, PIPE), p=(0.5, 0.2, 0.15, 0.15)))
    else:
        tile = int(rng.choice((GROUND, BLOCK, BRICK), p=(0.5, 0.3, 0.2)))
    roof = int(rng.choice((BRICK, GROUND), p=(0.7, 0.3)))
    row = LAND - clearance - 1
    canvas.grid[:, start:stop] = EMPTY
    canvas.land(start, stop)
    canvas.grid[row + 1 - thickness : row + 1, start:stop] = roof
    for column in range(start + 2, bumps_end - width + 1):
        if column % distance == _PHASE:
            canvas.pile(column, column + width, height, tile)
            if clearance < height + 2 and distance > 3:  # room for a big Mario: a notch in the roof
                canvas.grid[row, column : column + width] = EMPTY
                canvas.grid[row - 1, column : column + width] = roof


def dead_end(canvas: Canvas, rng: np.random.Generator) -> None:
    """A wall too high to climb, most often with a low roof or a step before it."""
    start = even(rng, 16, WIDTH - 10)
    tile = int(rng.choice((GROUND, BLOCK, BRICK)))
    top = LAND - int(rng.integers(6, 10))
    canvas.grid[top:LAND, start : start + 2] = tile
    canvas.land(start, start + 2)
    if rng.random() < 0.3:
        return
    run = even(rng, 2, 8)
    canvas.grid[:LAND, start - 8 : start] = EMPTY
    canvas.land(start - 8, start)
    row = LAND - int(rng.integers(3, 7))
    canvas.grid[row, start - run : start] = BRICK
    if rng.random() < 0.4:
        canvas.pile(start - 4, start - 2, int(rng.integers(1, 3)), tile)
