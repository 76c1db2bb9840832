"""What a level's tiles imply about a walk through it: images for networks to see beside the tiles.

An agent jumps where the ground rises or ends, which a network would have to find out from tile
codes of many kinds.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dsage_mpi.domains.mario.tiles import TILES

PLANES = (
    "something to stand on",
    "height of the ground",
    "rise of the ground from the column to the left",
    "width of the gap that a column is in",
)
#: Codes of what Mario can stand on: cannons, pipes, bricks, blocks, ground, platforms.
SOLID = np.isin(list(TILES), list("*tS!@X%#"))
#: What counts as 1 in a plane, in tiles.
HEIGHT, RISE, GAP = 8.0, 4.0, 8.0


def planes(levels: NDArray[np.int8]) -> NDArray[np.float32]:
    """Planes ((n, 4, H, W)) of tile codes ((n, H, W)).

    All but the first are the same number in every row of a column.
    """
    solid = SOLID[levels]
    upwards = solid[:, ::-1]
    # The ground is what is solid without a hole from the lowest row upwards.
    height = np.where(upwards.all(axis=1), levels.shape[1], upwards.argmin(axis=1))
    rise = np.diff(height, axis=1, prepend=height[:, :1])
    found = np.empty((len(levels), len(PLANES), *levels.shape[1:]), np.float32)
    found[:, 0] = solid
    for plane, values in ((1, height / HEIGHT), (2, rise / RISE), (3, _gaps(height) / GAP)):
        found[:, plane] = values[:, None, :]
    return found


def _gaps(height: NDArray[np.intp]) -> NDArray[np.intp]:
    """Width ((n, W) columns) of the gap that each column is in; 0 where there is ground."""
    columns = np.arange(height.shape[1])
    ground = height > 0
    before = np.maximum.accumulate(np.where(ground, columns, -1), axis=1)
    beyond = np.where(ground, columns, height.shape[1])[:, ::-1]
    after = np.minimum.accumulate(beyond, axis=1)[:, ::-1]
    return np.where(ground, 0, after - before - 1)
