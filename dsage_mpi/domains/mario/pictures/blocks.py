"""Ground, blocks and pipes, all of our own design: 16x16 pixels, RGBA."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from functools import cache

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Colour = tuple[int, int, int]

#: Pixels along a tile.
TILE = 16


class Kind(IntEnum):
    """What a tile looks like; several tiles of the engine look the same."""

    NOTHING = 0
    GROUND = 1
    STONE = 2
    CANNON = 3
    BRICK = 4
    COIN_BLOCK = 5
    POWER_BLOCK = 6
    USED_BLOCK = 7
    COIN = 8
    PIPE = 9
    PLATFORM = 10
    BACKDROP = 11
    POLE = 12
    POLE_TOP = 13


@dataclass(frozen=True)
class Sides:
    """Which neighbours are of the same kind, so that tiles join."""

    up: bool = False
    left: bool = False
    right: bool = False


_SOIL, _SOIL_DARK, _SOIL_LIGHT = (166, 118, 78), (136, 92, 60), (186, 140, 98)
_GRASS, _GRASS_DARK = (112, 168, 84), (82, 132, 66)
_STONE, _STONE_DARK, _STONE_LIGHT = (150, 152, 160), (110, 112, 122), (190, 192, 198)
_IRON, _IRON_DARK, _IRON_LIGHT = (78, 84, 96), (50, 54, 64), (120, 128, 142)
_CLAY, _CLAY_DARK, _CLAY_LIGHT = (192, 104, 76), (140, 70, 54), (214, 136, 106)
_AMBER, _AMBER_DARK, _AMBER_LIGHT = (236, 176, 72), (176, 118, 40), (250, 214, 128)
_GOLD, _GOLD_DARK, _GOLD_LIGHT = (246, 204, 82), (190, 140, 40), (255, 240, 176)
_TEAL, _TEAL_DARK, _TEAL_LIGHT = (64, 160, 140), (36, 106, 96), (136, 210, 190)
_WOOD, _WOOD_DARK, _WOOD_LIGHT = (204, 160, 108), (144, 104, 66), (226, 192, 146)
_POLE, _FLAG, _BALL = (236, 236, 230), (212, 70, 84), (246, 204, 82)
_INK = (74, 52, 34)


@cache
def block(kind: Kind, sides: Sides) -> Picture:
    """One tile ((16, 16, 4) uint8); transparent where the sky shines through."""
    picture = np.zeros((TILE, TILE, 4), np.uint8)
    painter = _PAINTERS.get(kind)
    if painter is not None:
        painter(picture, sides)
    return picture


def fill(picture: Picture, rows: slice, columns: slice, colour: Colour, opacity: int = 255) -> None:
    """Paints a rectangle."""
    picture[rows, columns] = (*colour, opacity)


_ALL = slice(None)


def _ground(picture: Picture, sides: Sides) -> None:
    fill(picture, _ALL, _ALL, _SOIL)
    for y, x in ((3, 4), (7, 11), (10, 2), (12, 8), (14, 13), (5, 8)):
        fill(picture, slice(y, y + 1), slice(x, x + 2), _SOIL_DARK)
        fill(picture, slice(y - 1, y), slice(x, x + 1), _SOIL_LIGHT)
    if not sides.up:
        fill(picture, slice(0, 4), _ALL, _GRASS)
        fill(picture, slice(3, 4), slice(0, TILE, 3), _SOIL)
        fill(picture, slice(4, 5), slice(1, TILE, 3), _GRASS_DARK)
        fill(picture, slice(0, 1), _ALL, _GRASS_DARK)
    if not sides.left:
        fill(picture, _ALL, slice(0, 1), _SOIL_DARK)
    if not sides.right:
        fill(picture, _ALL, slice(15, 16), _SOIL_DARK)


def _bevelled(picture: Picture, middle: Colour, dark: Colour, light: Colour) -> None:
    fill(picture, _ALL, _ALL, dark)
    fill(picture, slice(0, 15), slice(0, 15), light)
    fill(picture, slice(2, 15), slice(2, 15), dark)
    fill(picture, slice(2, 14), slice(2, 14), middle)


def _stone(picture: Picture, sides: Sides) -> None:
    _bevelled(picture, _STONE, _STONE_DARK, _STONE_LIGHT)


def _used(picture: Picture, sides: Sides) -> None:
    _bevelled(picture, (156, 122, 92), (112, 84, 62), (176, 144, 114))


def _cannon(picture: Picture, sides: Sides) -> None:
    fill(picture, _ALL, slice(2, 14), _IRON)
    fill(picture, _ALL, slice(3, 5), _IRON_LIGHT)
    fill(picture, _ALL, slice(12, 14), _IRON_DARK)
    if not sides.up:  # the head, which fires to both sides
        fill(picture, slice(0, 14), _ALL, _IRON)
        fill(picture, slice(0, 2), _ALL, _IRON_LIGHT)
        fill(picture, slice(12, 14), _ALL, _IRON_DARK)
        fill(picture, slice(4, 10), slice(0, 4), _IRON_DARK)
        fill(picture, slice(4, 10), slice(12, 16), _IRON_DARK)
        fill(picture, slice(5, 9), slice(6, 10), (200, 84, 66))
    else:
        fill(picture, slice(6, 8), slice(2, 14), _IRON_DARK)


def _brick(picture: Picture, sides: Sides) -> None:
    fill(picture, _ALL, _ALL, _CLAY)
    for y, first in ((0, 0), (4, 4), (8, 0), (12, 4)):
        fill(picture, slice(y, y + 1), _ALL, _CLAY_LIGHT)
        fill(picture, slice(y + 3, y + 4), _ALL, _CLAY_DARK)
        fill(picture, slice(y, y + 4), slice(first + 7, first + 8), _CLAY_DARK)
        fill(picture, slice(y, y + 4), slice((first + 15) % 16, (first + 15) % 16 + 1), _CLAY_DARK)


def _amber(picture: Picture) -> None:
    fill(picture, _ALL, _ALL, _AMBER_DARK)
    fill(picture, slice(1, 15), slice(1, 15), _AMBER_LIGHT)
    fill(picture, slice(2, 15), slice(2, 15), _AMBER)
    for y in (3, 12):
        for x in (3, 12):
            fill(picture, slice(y, y + 1), slice(x, x + 1), _AMBER_DARK)


def _coin_block(picture: Picture, sides: Sides) -> None:
    _amber(picture)
    fill(picture, slice(5, 11), slice(6, 10), _INK)
    fill(picture, slice(6, 10), slice(5, 11), _INK)
    fill(picture, slice(6, 10), slice(7, 9), _AMBER_LIGHT)


def _power_block(picture: Picture, sides: Sides) -> None:
    _amber(picture)
    fill(picture, slice(4, 12), slice(7, 9), _INK)
    fill(picture, slice(7, 9), slice(4, 12), _INK)
    for step in (5, 10):
        fill(picture, slice(step, step + 1), slice(5, 6), _INK)
        fill(picture, slice(step, step + 1), slice(10, 11), _INK)


def _coin(picture: Picture, sides: Sides) -> None:
    y, x = np.indices((TILE, TILE)) - 7.5
    radius = np.hypot(y, x * 1.35)
    picture[radius < 6.6] = (*_GOLD_DARK, 255)
    picture[radius < 5.6] = (*_GOLD, 255)
    fill(picture, slice(4, 12), slice(7, 9), _GOLD_LIGHT)


def _pipe(picture: Picture, sides: Sides) -> None:
    fill(picture, _ALL, _ALL, _TEAL)
    if not sides.left:
        fill(picture, _ALL, slice(4, 6), _TEAL_LIGHT)
    if not sides.right:
        fill(picture, _ALL, slice(10, 14), _TEAL_DARK)
    left, right = (0 if sides.left else 2), (16 if sides.right else 14)
    picture[:, :left] = 0
    picture[:, right:] = 0
    if not sides.left:
        fill(picture, _ALL, slice(left, left + 1), _TEAL_DARK)
    if not sides.up:  # the rim
        first, last = (0 if sides.left else 1), (16 if sides.right else 15)
        fill(picture, slice(0, 7), _ALL, _TEAL_DARK)
        fill(picture, slice(1, 6), slice(first, last), _TEAL)
        fill(picture, slice(1, 2), slice(first, last), _TEAL_LIGHT)
        if not sides.left:
            fill(picture, slice(1, 6), slice(3, 5), _TEAL_LIGHT)


def _platform(picture: Picture, sides: Sides) -> None:
    fill(picture, slice(0, 7), _ALL, _WOOD)
    fill(picture, slice(0, 2), _ALL, _WOOD_LIGHT)
    fill(picture, slice(6, 7), _ALL, _WOOD_DARK)
    fill(picture, slice(3, 4), slice(2, 11), _WOOD_DARK)
    if not sides.left:
        picture[:, :1] = 0
        fill(picture, slice(1, 7), slice(1, 2), _WOOD_DARK)
    if not sides.right:
        picture[:, 15:] = 0
        fill(picture, slice(1, 7), slice(14, 15), _WOOD_DARK)


def _backdrop(picture: Picture, sides: Sides) -> None:
    fill(picture, _ALL, _ALL, _WOOD_LIGHT, 110)
    fill(picture, _ALL, slice(3, 5), _WOOD, 150)
    fill(picture, _ALL, slice(11, 13), _WOOD, 150)


def _pole(picture: Picture, sides: Sides) -> None:
    fill(picture, _ALL, slice(7, 9), _POLE)
    fill(picture, _ALL, slice(9, 10), (150, 152, 160))


def _pole_top(picture: Picture, sides: Sides) -> None:
    fill(picture, slice(6, 16), slice(7, 9), _POLE)
    fill(picture, slice(6, 16), slice(9, 10), (150, 152, 160))
    fill(picture, slice(2, 6), slice(6, 10), _BALL)
    for row in range(7, 15):  # the pennant
        width = 7 - abs(row - 10)
        fill(picture, slice(row, row + 1), slice(7 - width, 7), _FLAG)


_PAINTERS = {
    Kind.GROUND: _ground,
    Kind.STONE: _stone,
    Kind.CANNON: _cannon,
    Kind.BRICK: _brick,
    Kind.COIN_BLOCK: _coin_block,
    Kind.POWER_BLOCK: _power_block,
    Kind.USED_BLOCK: _used,
    Kind.COIN: _coin,
    Kind.PIPE: _pipe,
    Kind.PLATFORM: _platform,
    Kind.BACKDROP: _backdrop,
    Kind.POLE: _pole,
    Kind.POLE_TOP: _pole_top,
}
