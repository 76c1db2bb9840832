"""What a maze's tiles imply about ways through it: images for networks to see beside the tiles.

How long an agent walks depends on where paths lead, which a network would have to find out tile by
tile. Breadth-first search counts it exactly, in microseconds.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dsage_mpi.domains.maze import _native
from dsage_mpi.domains.maze.levels import CELLS, GOAL, START, WALL, analyse

PLANES = (
    "steps from the start",
    "steps to the goal",
    "on a shortest path",
    "length of the shortest path",
)
#: Steps that count as 1 in a plane: typical of mazes, so that planes are of the size of tiles.
_STEPS, _LENGTH = 32.0, 64.0


def planes(levels: NDArray[np.int8]) -> NDArray[np.float32]:
    """Planes ((n, 4, 16, 16)) of tile codes ((n, 16, 16)), with or without start and goal marks.

    The last one is the same number on every tile that can be reached.
    """
    walls = np.ascontiguousarray(levels == WALL).view(np.uint8)
    start, goal = _ends(levels, walls)
    found: NDArray[np.float32] = _native.planes(walls, start, goal, _STEPS, _LENGTH)
    return found


def _ends(
    levels: NDArray[np.int8], walls: NDArray[np.uint8]
) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
    """Cell ids ((n,) each) of start and goal, -1 where there are none."""
    flat = levels.reshape(-1, CELLS)
    start, goal = ((flat == code).argmax(axis=1).astype(np.int16) for code in (START, GOAL))
    rows = np.arange(len(flat))
    bare = flat[rows, goal] != GOAL  # not marked, or nothing to mark
    if bare.any():
        geometry = analyse(walls[bare])
        start[bare], goal[bare] = geometry.start, geometry.goal
    return start, goal
