"""Pictures of tile codes that have no sprites."""

from __future__ import annotations

import colorsys

import numpy as np
from numpy.typing import NDArray

#: Side of a tile, in pixels.
_TILE = 16


def coloured(level: NDArray[np.int8], tile_count: int, empty_tile: int) -> NDArray[np.uint8]:
    """A square in the colour of each tile code, as (h, w, 3) uint8.

    Args:
        level: (H, W) tile codes.
        tile_count: How many codes there are.
        empty_tile: The code that stands for nothing.
    """
    colours = np.asarray([_colour(code, empty_tile) for code in range(tile_count)])
    picture = np.rint(255 * colours).astype(np.uint8)[level]
    return np.asarray(picture.repeat(_TILE, axis=0).repeat(_TILE, axis=1))


def _colour(code: int, empty_tile: int) -> tuple[float, float, float]:
    """Near white for nothing, dark for the first tile, hues for others."""
    if code == empty_tile:
        return 0.96, 0.96, 0.94
    if code == (0 if empty_tile else 1):
        return 0.2, 0.22, 0.27
    return colorsys.hsv_to_rgb((0.08 + 0.618 * code) % 1.0, 0.6, 0.8)
