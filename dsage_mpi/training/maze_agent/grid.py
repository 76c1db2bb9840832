"""Padded code grids: what the training environments look up views and moves in.

A level of 16x16 tiles lies in a 26x26 grid whose border of five tiles is wall, so that the agent's
5x5 view (four tiles ahead, two to each side) never leaves the grid. Positions are flat indices.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LEVEL_SIZE = 16
PAD = 5
GRID_SIZE = LEVEL_SIZE + 2 * PAD
CELLS = GRID_SIZE * GRID_SIZE

EMPTY, WALL, GOAL = 0, 1, 2
VIEW_SIZE = 5

#: Flat index change of one step forward, by direction (right, down, left, up; maze.md 2.1).
FORWARD = np.array([1, GRID_SIZE, -1, -GRID_SIZE], dtype=np.int64)


def _view_offsets() -> NDArray[np.int64]:
    """(4, 25) flat offsets of view[i][j] (i left to right, j far to near; maze.md section 3)."""
    offsets = np.empty((4, VIEW_SIZE, VIEW_SIZE), dtype=np.int64)
    for direction in range(4):
        ahead, right = FORWARD[direction], FORWARD[(direction + 1) % 4]
        for i in range(VIEW_SIZE):
            for j in range(VIEW_SIZE):
                offsets[direction, i, j] = (4 - j) * ahead + (i - 2) * right
    return offsets.reshape(4, VIEW_SIZE * VIEW_SIZE)


VIEW_OFFSETS = _view_offsets()


def padded_index(cells: NDArray[np.integer]) -> NDArray[np.int64]:
    """Flat grid indices of cell numbers 16 * row + column."""
    row, column = np.divmod(cells.astype(np.int64), LEVEL_SIZE)
    return (row + PAD) * GRID_SIZE + column + PAD


def code_grids(levels: NDArray[np.integer], goals: NDArray[np.int64]) -> NDArray[np.uint8]:
    """(n, 676) uint8 code grids of (n, 16, 16) levels (non-zero = wall) and goal indices."""
    count = len(levels)
    grids = np.full((count, GRID_SIZE, GRID_SIZE), WALL, dtype=np.uint8)
    grids[:, PAD:-PAD, PAD:-PAD] = np.where(levels != 0, WALL, EMPTY)
    flat = grids.reshape(count, CELLS)
    flat[np.arange(count), goals] = GOAL
    return flat


def goal_distances(grids: NDArray[np.uint8], goals: NDArray[np.int64]) -> NDArray[np.int16]:
    """(n, 676) int16 moves to the goal from each cell, -1 where it cannot be reached."""
    count = len(grids)
    rows = np.arange(count)
    free = (grids != WALL).reshape(count, GRID_SIZE, GRID_SIZE)
    reached = np.zeros_like(free)
    reached.reshape(count, CELLS)[rows, goals] = True
    distances = np.full(free.shape, -1, dtype=np.int16)
    distances[reached] = 0
    frontier = reached.copy()
    for moves in range(1, LEVEL_SIZE * LEVEL_SIZE):
        spread = np.zeros_like(frontier)
        spread[:, 1:] |= frontier[:, :-1]
        spread[:, :-1] |= frontier[:, 1:]
        spread[:, :, 1:] |= frontier[:, :, :-1]
        spread[:, :, :-1] |= frontier[:, :, 1:]
        frontier = spread & free & ~reached
        if not frontier.any():
            break
        reached |= frontier
        distances[frontier] = moves
    return distances.reshape(count, CELLS)
