"""Draws mazes as RGB images."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dsage_mpi.domains.maze.levels import GOAL, PATH, SIDE, START, WALL

Image = NDArray[np.uint8]

_TILE = 16  # pixels
_FLOOR = (247, 245, 240)
_GRID = (232, 229, 221)
_WALL = (47, 54, 66)
_WALL_EDGE = (66, 75, 90)
_PATH = (158, 188, 218)
_START = (46, 139, 87)
_GOAL = (200, 62, 58)
_HEAT_LOW = (254, 224, 160)
_HEAT_HIGH = (178, 24, 43)


def draw_level(level: NDArray[np.int8]) -> Image:
    """Draws tile codes 0 to 4 ((16, 16)) with the ring of wall: (288, 288, 3) uint8.

    Start is a green disc, goal a red diamond, a marked path bluish.
    """
    return _compose(level, np.zeros((SIDE, SIDE)))


def draw_occupancy(level: NDArray[np.int8], occupancy: NDArray[np.float32]) -> Image:
    """As ``draw_level``, with the cells coloured by how often the agent visits them."""
    visits = np.asarray(occupancy, np.float64)
    highest = float(visits.max(initial=0.0))
    # Square root: a corridor walked once stays visible beside a spot of a hundred visits.
    return _compose(level, np.sqrt(visits / highest) if highest > 0 else visits)


def _compose(level: NDArray[np.int8], heat: NDArray[np.float64]) -> Image:
    ringed = np.pad(np.asarray(level), 1, constant_values=WALL)
    hot = np.pad(heat, 1)
    side = SIDE + 2
    image = np.empty((side, _TILE, side, _TILE, 3), np.float64)
    for row in range(side):
        for col in range(side):
            image[row, :, col] = _tile(int(ringed[row, col]), float(hot[row, col]))
    return np.rint(image.reshape(side * _TILE, side * _TILE, 3)).astype(np.uint8)


def _tile(code: int, heat: float) -> NDArray[np.float64]:
    tile = np.empty((_TILE, _TILE, 3))
    tile[:] = _FLOOR
    if code == WALL:
        tile[:] = _WALL
        tile[0], tile[:, 0] = _WALL_EDGE, _WALL_EDGE
        return tile
    if code == PATH:
        tile[:] = _PATH
    if heat > 0:
        tile[:] = np.multiply(_HEAT_LOW, 1 - heat) + np.multiply(_HEAT_HIGH, heat)
    else:
        tile[0], tile[:, 0] = _GRID, _GRID
    if code == START:
        return _blend(tile, _START, np.hypot(*_offsets()) / (0.36 * _TILE))
    if code == GOAL:
        return _blend(tile, _GOAL, np.abs(_offsets()).sum(axis=0) / (0.46 * _TILE))
    return tile


def _offsets() -> NDArray[np.float64]:
    """(2, 16, 16) distances of pixel centres from the tile's centre."""
    return np.indices((_TILE, _TILE)).astype(np.float64) - (_TILE - 1) / 2


def _blend(
    tile: NDArray[np.float64], colour: tuple[int, int, int], radius: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Paints where ``radius`` < 1, with a soft edge one pixel wide."""
    share = np.clip((1.0 - radius) * 0.4 * _TILE + 0.5, 0.0, 1.0)[..., None]
    return np.asarray(tile * (1 - share) + np.asarray(colour) * share)
