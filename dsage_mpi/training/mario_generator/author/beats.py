"""Beats: the two to sixteen columns long pieces that overground levels are strung together from.

Every beat starts and ends on flat land and on an even column, so that one jump, climb or fight is
over before the next begins. Pipes, gaps, stairs and enemies lie on even columns: the last layer of
the generator doubles the resolution, so that each of its cells makes two columns.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from dsage_mpi.domains.mario.records import HEIGHT
from dsage_mpi.training.mario_generator.author.canvas import (
    BLOCK,
    BRICK,
    CANNON,
    COIN,
    EMPTY,
    GOOMBA,
    GROUND,
    KOOPA,
    PIPE,
    POWER_UP,
    QUESTION,
    RED_KOOPA,
    SPIKY,
    Canvas,
)

#: Writes from a column on, with the land at a row; returns the column after it.
Beat = Callable[[Canvas, np.random.Generator, int, int], int]

#: Rows that a block hangs above the floor, so that it can be hit and walked under.
HEADROOM = 4
#: No enemies nearer to the start than this, columns.
SAFE_START = 10


def even(rng: np.random.Generator, low: int, high: int) -> int:
    """An even number from ``low`` to ``high``, both included."""
    return 2 * int(rng.integers(low // 2, high // 2 + 1))


def enemy(rng: np.random.Generator) -> int:
    """A kind of walking enemy, goombas being the most common."""
    kinds = (GOOMBA, KOOPA, RED_KOOPA, SPIKY)
    return int(rng.choice(kinds, p=(0.6, 0.2, 0.13, 0.07)))


def patrol(canvas: Canvas, rng: np.random.Generator, start: int, stop: int, most: int) -> None:
    """Up to ``most`` enemies of one kind on the floor, on even columns, one behind the other."""
    number = int(rng.integers(1, most + 1)) if rng.random() < 0.8 else 0
    kind = enemy(rng)
    first = even(rng, start, max(start, stop - 2 * number))
    for position in range(number):
        column = first + 2 * position
        if SAFE_START <= column < stop:
            canvas.stand(column, kind)


def flat(canvas: Canvas, rng: np.random.Generator, column: int, row: int) -> int:
    """Land with enemies at most."""
    stop = column + even(rng, 4, 8)
    canvas.land(column, stop, row)
    patrol(canvas, rng, column + 1, stop - 1, 3)
    return stop


def gap(canvas: Canvas, rng: np.random.Generator, column: int, row: int) -> int:
    """A hole to jump over, now and then two in a row, with coins above."""
    for _ in range(1 + int(rng.random() < 0.3)):
        width = 2 if rng.random() < 0.5 else 4
        if rng.random() < 0.3:
            canvas.strip(row - 4, column, [COIN] * width)
        canvas.land(column + width, column + width + 4, row)
        column += width + 4
    return column


def pipe(canvas: Canvas, rng: np.random.Generator, column: int, row: int) -> int:
    """One or two pipes, enemies between them."""
    canvas.land(column, column + 2, row)
    column += 2
    for number in range(1 + int(rng.random() < 0.4)):
        canvas.land(column, column + 2, row)
        canvas.pile(column, column + 2, int(rng.integers(2, 5)), PIPE)
        rest = even(rng, 4, 6) if number == 0 else 4
        canvas.land(column + 2, column + 2 + rest, row)
        patrol(canvas, rng, column + 3, column + 1 + rest, 2)
        column += 2 + rest
    return column


def stairs(canvas: Canvas, rng: np.random.Generator, column: int, row: int) -> int:
    """Steps up and down, with level land or a hole between the two."""
    height = even(rng, 2, 4)
    canvas.land(column, column + height, row)
    for step in range(height):
        canvas.pile(column + step, column + step + 1, step + 1, BLOCK)
    column += height
    middle = int(rng.choice((0, 2, 4)))
    if rng.random() < 0.5:
        canvas.land(column, column + middle, row)
    column += middle
    canvas.land(column, column + height + 2, row)
    for step in range(height):
        canvas.pile(column + step, column + step + 1, height - step, BLOCK)
    return column + height + 2


def hill(canvas: Canvas, rng: np.random.Generator, column: int, row: int) -> int:
    """Raised land, one or two steps."""
    rise = 2 if rng.random() < 0.7 else 3
    canvas.land(column, column + 2, row)
    stop = column + 2 + even(rng, 4, 8)
    canvas.land(column + 2, stop, row - rise)
    patrol(canvas, rng, column + 3, stop - 1, 2)
    if stop - column >= 8 and rng.random() < 0.4:
        canvas.land(column + 4, stop - 2, row - 2 * rise)
    canvas.land(stop, stop + 2, row)
    return stop + 2


def blocks(canvas: Canvas, rng: np.random.Generator, column: int, row: int) -> int:
    """Bricks and question blocks to hit from below, sometimes in two storeys."""
    stop = column + even(rng, 6, 10)
    canvas.land(column, stop, row)
    width = int(rng.integers(1, stop - column - 2))
    start = column + 1 + int(rng.integers(0, stop - column - 1 - width))
    canvas.strip(row - HEADROOM, start, block_row(rng, width))
    if rng.random() < 0.4:
        width = int(rng.integers(1, width + 1))
        canvas.strip(row - 2 * HEADROOM, start, block_row(rng, width))
    patrol(canvas, rng, column + 1, stop - 1, 3)
    return stop


def block_row(rng: np.random.Generator, width: int) -> list[int]:
    """Kinds of a row of blocks: all bricks, all questions, or the two by turns."""
    style = rng.random()
    if style < 0.35:
        row = [BRICK] * width
    elif style < 0.55:
        row = [QUESTION] * width
    elif style < 0.75:
        row = [QUESTION if position % 3 == 1 else EMPTY for position in range(width)]
        row[0] = QUESTION
    else:
        row = [BRICK if position % 2 == 0 else QUESTION for position in range(width)]
    if rng.random() < 0.25 and row[width // 2] != EMPTY:
        row[width // 2] = POWER_UP
    return row


def cannon(canvas: Canvas, rng: np.random.Generator, column: int, row: int) -> int:
    """A cannon on level land."""
    canvas.land(column, column + 8, row)
    place = column + 4
    canvas.pile(place, place + 1, int(rng.integers(1, 3)), CANNON)
    return column + 8


def bridge(canvas: Canvas, rng: np.random.Generator, column: int, row: int) -> int:
    """A platform in the middle of a hole too wide to jump."""
    width = even(rng, 4, 6)
    level = row - int(rng.integers(0, 3))
    canvas.platform(column + 2, column + 2 + width, level)
    canvas.land(column + width + 4, column + width + 8, row)
    return column + width + 8


def wall(canvas: Canvas, rng: np.random.Generator, column: int, row: int) -> int:
    """Bricks to climb over."""
    canvas.land(column, column + 8, row)
    width = 2 if rng.random() < 0.7 else 4
    canvas.pile(column + 2, column + 2 + width, int(rng.integers(2, 4)), BRICK)
    return column + 8


def underpass(canvas: Canvas, rng: np.random.Generator, column: int, row: int) -> int:
    """A low roof of ground to walk under or over."""
    stop = column + even(rng, 6, 8)
    canvas.land(column, stop, row)
    canvas.strip(row - 4, column + 2, [GROUND] * (stop - column - 2))
    patrol(canvas, rng, column + 2, stop, 2)
    return stop


def islands(canvas: Canvas, rng: np.random.Generator, column: int, row: int) -> int:
    """Narrow pieces of land in a row of holes, not all of one height."""
    for _ in range(int(rng.integers(2, 5))):
        column += even(rng, 2, 4)
        rise = int(rng.integers(0, 4))
        canvas.land(column, column + 2, row - rise)
        column += 2
    column += 2
    canvas.land(column, column + 4, row)
    return column + 4


def teeth(canvas: Canvas, rng: np.random.Generator, column: int, row: int) -> int:
    """Pillars close together, too high to step on: one jump each."""
    canvas.land(column, column + 2, row)
    column += 2
    space, tile = even(rng, 2, 4), int(rng.choice((BLOCK, BRICK, PIPE), p=(0.5, 0.2, 0.3)))
    for _ in range(int(rng.integers(2, 5))):
        canvas.land(column, column + 2 + space, row)
        canvas.pile(column, column + 2, int(rng.integers(2, 5)), tile)
        column += 2 + space
    return column


def horde(canvas: Canvas, rng: np.random.Generator, column: int, row: int) -> int:
    """Four to six enemies in a line."""
    number, kind = int(rng.integers(4, 7)), enemy(rng)
    stop = column + 2 * number + 2
    canvas.land(column, stop, row)
    for position in range(number):
        if column + 2 + 2 * position >= SAFE_START:
            canvas.stand(column + 2 + 2 * position, kind)
    return stop


def tunnel(canvas: Canvas, rng: np.random.Generator, column: int, row: int) -> int:
    """Steps under a low roof, so that jumps are short."""
    length = even(rng, 8, 14)
    canvas.land(column, column + length, row)
    for place in range(column + 2, column + length - 2, 4):
        if rng.random() < 0.5:
            canvas.grid[row:, place : place + 2] = EMPTY
            canvas.floor[place : place + 2] = HEIGHT
        else:
            canvas.pile(place, place + 2, 1, BLOCK)
    canvas.strip(row - 5, column + 2, [BRICK] * (length - 4))
    return column + length
