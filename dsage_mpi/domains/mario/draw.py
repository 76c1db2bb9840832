"""Draws Mario levels as RGB images: tiles, enemies, start, flag, and the agent's path."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from dsage_mpi.domains.mario.geometry import find_ends
from dsage_mpi.domains.mario.pictures.blocks import TILE, Kind, Sides, block
from dsage_mpi.domains.mario.pictures.sprites import player, sprite
from dsage_mpi.domains.mario.tiles import TILES

Image = NDArray[np.uint8]

_SKY_TOP, _SKY_BOTTOM = (170, 208, 236), (232, 243, 248)
_PATH_FROM, _PATH_TO = (46, 90, 190), (200, 40, 110)

_KINDS = {
    **{
        "*": Kind.CANNON,
        "t": Kind.PIPE,
        "S": Kind.BRICK,
        "!": Kind.COIN_BLOCK,
        "@": Kind.POWER_BLOCK,
    },
    **{"X": Kind.GROUND, "%": Kind.PLATFORM, "|": Kind.BACKDROP, "o": Kind.COIN, "#": Kind.STONE},
}
#: Tile index -> what it looks like.
KIND_OF_TILE = np.array([_KINDS.get(character, Kind.NOTHING) for character in TILES])
#: Tile index -> sprite type of the engine.
ENEMY_SPRITES = {TILES.index(c): code for c, code in {"y": 8, "g": 2, "k": 6, "r": 4}.items()}


def draw_level(level: NDArray[np.int8]) -> Image:
    """Draws tile indices ((H, W)) as (16 H, 16 W, 3) uint8.

    Enemies stand where they come into being; start and flag are where the engine puts them.
    """
    ends = find_ends(level)
    kinds = KIND_OF_TILE[level]
    first, last = ends.pole
    kinds[first : last + 1, ends.exit[1]] = Kind.POLE
    kinds[first, ends.exit[1]] = Kind.POLE_TOP
    image = draw_kinds(kinds)
    for row, column in np.argwhere(np.isin(level, list(ENEMY_SPRITES))):
        code = ENEMY_SPRITES[int(level[row, column])]
        put(image, sprite(code, -1), *_standing(row, column))
    put(image, player(0), *_standing(*ends.start))
    return image


def draw_kinds(kinds: NDArray[np.int_]) -> Image:
    """Draws looks of tiles ((H, W) of ``Kind``) before a sky: (16 H, 16 W, 3) uint8."""
    height, width = kinds.shape
    image = sky(height * TILE, width * TILE).copy()
    up = np.pad(kinds, ((1, 0), (0, 0)))[:-1] == kinds
    left = np.pad(kinds, ((0, 0), (1, 0)), mode="edge")[:, :-1] == kinds
    right = np.pad(kinds, ((0, 0), (0, 1)), mode="edge")[:, 1:] == kinds
    for row, column in np.argwhere(kinds != Kind.NOTHING):
        at = (row, column)
        sides = Sides(bool(up[at]), bool(left[at]), bool(right[at]))
        picture = block(Kind(int(kinds[at])), sides)
        put(image, picture, column * TILE + TILE // 2, (row + 1) * TILE - 1)
    return image


def draw_path(image: Image, x: NDArray[np.float64], y: NDArray[np.float64]) -> None:
    """Draws the agent's way onto ``image``: a line that turns from blue to red.

    Args:
        image: (h, w, 3), changed in place.
        x: (n,) pixels, tick by tick.
        y: (n,) pixels of the feet.
    """
    from PIL import Image as PillowImage
    from PIL import ImageDraw

    canvas = PillowImage.fromarray(image)
    pen = ImageDraw.Draw(canvas)
    count = len(x)
    points = [(float(a), float(b) - 6) for a, b in zip(x, y, strict=True)]
    for wide, colours in ((7, None), (4, (_PATH_FROM, _PATH_TO))):
        for number in range(count - 1):
            share = number / max(count - 2, 1)
            colour = (255, 255, 255) if colours is None else _between(*colours, share)
            pen.line([points[number], points[number + 1]], fill=colour, width=wide)
    image[:] = np.asarray(canvas)


def put(image: Image, picture: Image, x: float, y: float) -> None:
    """Puts an RGBA picture with its bottom centre at pixel (x, y); what is outside is cut off."""
    height, width = picture.shape[:2]
    top, left = round(y) + 1 - height, round(x) - width // 2
    rows = slice(max(top, 0), min(top + height, image.shape[0]))
    columns = slice(max(left, 0), min(left + width, image.shape[1]))
    if rows.start >= rows.stop or columns.start >= columns.stop:
        return
    part = picture[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]
    area = image[rows, columns]
    opacity = part[..., 3:].astype(np.float64) / 255
    area[:] = np.rint(area * (1 - opacity) + part[..., :3] * opacity)


def _standing(row: int, column: int) -> tuple[float, float]:
    return column * TILE + TILE / 2, row * TILE + TILE - 1


@cache
def sky(height: int, width: int) -> Image:
    """What is behind everything ((height, width, 3) uint8, not to be written to)."""
    share = np.linspace(0, 1, height)[:, None, None]
    colours = np.multiply(_SKY_TOP, 1 - share) + np.multiply(_SKY_BOTTOM, share)
    return np.broadcast_to(np.rint(colours).astype(np.uint8), (height, width, 3))


def _between(a: tuple[int, ...], b: tuple[int, ...], share: float) -> tuple[int, int, int]:
    red, green, blue = (round(p + (q - p) * share) for p, q in zip(a, b, strict=True))
    return red, green, blue
