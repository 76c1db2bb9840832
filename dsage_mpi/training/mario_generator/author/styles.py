"""The styles of level: overground, athletic (tree tops), underground and castle."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from dsage_mpi.domains.mario.records import WIDTH
from dsage_mpi.training.mario_generator.author import beats
from dsage_mpi.training.mario_generator.author.beats import Beat, even
from dsage_mpi.training.mario_generator.author.canvas import (
    BLOCK,
    BRICK,
    COIN,
    GOOMBA,
    GROUND,
    LAND,
    RED_KOOPA,
    Canvas,
)
from dsage_mpi.training.mario_generator.author.passages import dead_end, passage
from dsage_mpi.training.mario_generator.author.sky import fill_sky, sky_tiles

#: Columns of level land at the start and, at least, at the end.
MARGIN = 6

_OVERGROUND: Mapping[Beat, float] = {
    beats.flat: 0.2, beats.gap: 0.18, beats.pipe: 0.2, beats.stairs: 0.1, beats.hill: 0.07,
    beats.blocks: 0.2, beats.cannon: 0.02, beats.bridge: 0.03,
}  # fmt: skip
_UNDERGROUND: Mapping[Beat, float] = {
    beats.flat: 0.15, beats.gap: 0.1, beats.pipe: 0.2, beats.wall: 0.25, beats.blocks: 0.2,
    beats.underpass: 0.1,
}  # fmt: skip
_CASTLE: Mapping[Beat, float] = {
    beats.flat: 0.2, beats.gap: 0.25, beats.stairs: 0.15, beats.hill: 0.2, beats.cannon: 0.1,
    beats.bridge: 0.1,
}  # fmt: skip
#: Share of levels with a wall that is hard or impossible to get over: the agent jumps there again
#: and again, which easy levels never make it do.
_TOWERS = 0.12
#: Share of levels with passages that end before a wall.
_DEAD_ENDS = 0.2
#: Beats that a hard level has as well.
_HARD: Mapping[Beat, float] = {
    beats.islands: 0.3, beats.teeth: 0.35, beats.horde: 0.15, beats.tunnel: 0.2,
}  # fmt: skip


def overground(canvas: Canvas, rng: np.random.Generator) -> None:
    """Open land with as much in the sky as chance wants."""
    _string(canvas, rng, _OVERGROUND, LAND)
    wanted = 150 * rng.random() ** 1.7
    if wanted > 8:
        fill_sky(canvas, rng, int(wanted))


def passages(canvas: Canvas, rng: np.random.Generator) -> None:
    """Long low tunnels in open land, with as much above them as chance wants."""
    _string(canvas, rng, _OVERGROUND, LAND)
    passage(canvas, rng)
    if rng.random() < _DEAD_ENDS:
        dead_end(canvas, rng)
    fill_sky(canvas, rng, int(150 * rng.random() ** 1.7))


def athletic(canvas: Canvas, rng: np.random.Generator) -> None:
    """Tree tops over a drop, or over land."""
    if rng.random() < 0.4:
        canvas.land(0, WIDTH)
    canvas.land(0, MARGIN)
    canvas.land(WIDTH - MARGIN, WIDTH)
    highest = int(rng.integers(2, 9))
    row, column = LAND, MARGIN
    while column < WIDTH - MARGIN - 4:
        space = 2 if rng.random() < 0.5 else 4
        width = even(rng, 4, 8)
        start = column + space
        stop = min(start + width, WIDTH - MARGIN - 2)
        if stop - start < 4:
            break
        row = int(np.clip(row + rng.integers(-3, 4), highest, LAND - 2))
        canvas.platform(start, stop, row)
        _on_platform(canvas, rng, row, start, stop)
        column = stop


def _on_platform(canvas: Canvas, rng: np.random.Generator, row: int, start: int, stop: int) -> None:
    chance = rng.random()
    if chance < 0.2:
        canvas.strip(row - 1, start + 1, [COIN] * (stop - start - 2))
    elif chance < 0.55 and start >= beats.SAFE_START:
        kind = RED_KOOPA if rng.random() < 0.6 else GOOMBA
        canvas.put(row - 1, start + 2 * ((stop - start) // 4), kind)


def underground(canvas: Canvas, rng: np.random.Generator) -> None:
    """A roof of bricks over brick walls, pipes and coins."""
    _string(canvas, rng, _UNDERGROUND, LAND)
    thickness = int(rng.choice((1, 2), p=(0.6, 0.4)))
    start, stop = even(rng, 2, 10), WIDTH - even(rng, 2, 16)
    canvas.grid[0:thickness, start:stop] = BRICK
    wanted = sky_tiles(canvas.level) + 40 * rng.random()
    for _ in range(20):
        if sky_tiles(canvas.level) >= wanted:
            break
        width, row = even(rng, 4, 8), even(rng, 4, 6)
        column = even(rng, 6, WIDTH - 6 - width)
        tile = int(rng.choice((COIN, BRICK)))
        if canvas.is_free(row - 2, row + 4, column, column + width):
            canvas.strip(row, column, [tile] * width)


def castle(canvas: Canvas, rng: np.random.Generator) -> None:
    """A thick floor with holes under a heavy ceiling."""
    _string(canvas, rng, _CASTLE, LAND - 2)
    column, thickness = even(rng, 0, 8), int(rng.integers(1, 4))
    while column < WIDTH - 4:
        stop = min(WIDTH, column + even(rng, 6, 16))
        tile = GROUND if rng.random() < 0.7 else BLOCK
        if canvas.is_free(0, thickness + 3, column, stop):
            canvas.grid[0:thickness, column:stop] = tile
        column = stop
        thickness = int(np.clip(thickness + rng.integers(-1, 2), 0, 3))


def _string(
    canvas: Canvas, rng: np.random.Generator, weights: Mapping[Beat, float], row: int
) -> None:
    """Beats drawn by weight between level land; two of three levels have hard ones as well."""
    hardness = max(0.0, float(rng.uniform(-0.5, 1.0)))
    kinds = [*weights, *_HARD]
    shares = np.array(
        [(1.0 - hardness) * share for share in weights.values()]
        + [hardness * share for share in _HARD.values()]
    )
    canvas.land(0, MARGIN, row)
    column = MARGIN
    last = -1
    while column < WIDTH - MARGIN:
        choice = int(rng.choice(len(kinds), p=shares / shares.sum()))
        if choice == last and rng.random() < 0.5:
            continue
        column, last = kinds[choice](canvas, rng, column, row), choice
    canvas.end(MARGIN, row)
    if rng.random() < _TOWERS:
        _tower(canvas, rng)


def _tower(canvas: Canvas, rng: np.random.Generator) -> None:
    """One wall of five to eight tiles: from six on it takes a block before it to step on."""
    start = even(rng, 14, WIDTH - MARGIN - 6)
    stop = start + even(rng, 2, 4)
    top = LAND - int(rng.integers(5, 9))
    canvas.grid[top:LAND, start:stop] = int(rng.choice((GROUND, BLOCK, BRICK)))
    canvas.land(start, stop)


#: Style and its share of the corpus.
STYLES: tuple[tuple[Callable[[Canvas, np.random.Generator], None], float], ...] = (
    (overground, 0.4),
    (passages, 0.3),
    (athletic, 0.12),
    (underground, 0.1),
    (castle, 0.08),
)
