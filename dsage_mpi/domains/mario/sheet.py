"""All tiles of Mario levels on one sheet, for those who draw levels themselves."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dsage_mpi.core.tile_sheets import JOINS_LEFT, JOINS_RIGHT, JOINS_UP, Picture, TileSheet
from dsage_mpi.domains.mario.draw import ENEMY_SPRITES, KIND_OF_TILE, sky
from dsage_mpi.domains.mario.geometry import find_ends
from dsage_mpi.domains.mario.pictures.blocks import TILE, Kind, Sides, block
from dsage_mpi.domains.mario.pictures.sprites import player, sprite
from dsage_mpi.domains.mario.records import HEIGHT, WIDTH
from dsage_mpi.domains.mario.tiles import TILES

#: A code of the sheet is a tile index and, times their number, what else is there.
_PLAIN, _AGENT, _POLE, _POLE_TOP = range(4)
_COUNT = len(TILES)
_KINDS = [
    *(*KIND_OF_TILE.tolist(), *KIND_OF_TILE.tolist()),
    *(*[Kind.POLE] * _COUNT, *[Kind.POLE_TOP] * _COUNT),
]


def tile_sheet() -> TileSheet:
    """How the codes of ``sheet_codes`` look."""
    tiles = np.zeros((len(_KINDS), 8, TILE, TILE, 4), np.uint8)
    for code, kind in enumerate(_KINDS):
        for joins in range(8):
            sides = Sides(
                up=bool(joins & JOINS_UP),
                left=bool(joins & JOINS_LEFT),
                right=bool(joins & JOINS_RIGHT),
            )
            tiles[code, joins] = block(Kind(kind), sides)
    agent = player(0)
    figures = {_AGENT * _COUNT + tile: agent for tile in range(_COUNT)}
    for tile, kind in ENEMY_SPRITES.items():
        enemy = sprite(kind, -1)
        figures |= {state * _COUNT + tile: enemy for state in (_PLAIN, _POLE, _POLE_TOP)}
        figures[_AGENT * _COUNT + tile] = _over(enemy, agent)
    return TileSheet(
        size=TILE,
        tiles=tiles,
        joins=np.array(_KINDS, np.int64),
        figures=figures,
        backdrop=sky(HEIGHT * TILE, WIDTH * TILE),
    )


def sheet_codes(levels: NDArray[np.int8]) -> NDArray[np.uint8]:
    """Codes ((n, 16, 56)) of the sheet for tile indices ((n, 16, 56))."""
    codes = np.asarray(levels, np.uint8).copy()
    for level, code in zip(levels, codes, strict=True):
        ends = find_ends(level)
        first, last = ends.pole
        state = np.full(code.shape, _PLAIN, np.uint8)
        if ends.start[0] >= 0:
            state[ends.start] = _AGENT
        state[first : last + 1, ends.exit[1]] = _POLE
        state[first, ends.exit[1]] = _POLE_TOP
        code += state * _COUNT
    return codes


def _over(below: Picture, above: Picture) -> Picture:
    """Two pictures with one bottom centre, the second in front."""
    height = max(below.shape[0], above.shape[0])
    width = 2 * max(below.shape[1], above.shape[1])
    made = np.zeros((height, width, 4), np.uint8)
    for picture in (below, above):
        top, left = height - picture.shape[0], width // 2 - picture.shape[1] // 2
        area = made[top:, left : left + picture.shape[1]]
        area[picture[..., 3] > 0] = picture[picture[..., 3] > 0]
    return made
