from __future__ import annotations

import numpy as np

from dsage_mpi.training.maze_agent.grid import (
    GOAL,
    GRID_SIZE,
    PAD,
    VIEW_OFFSETS,
    WALL,
    code_grids,
    goal_distances,
    padded_index,
)

#: Unit vectors (dx, dy) of right, down, left, up.
UNIT = ((1, 0), (0, 1), (-1, 0), (0, -1))


def test_view_offsets_follow_the_specified_window() -> None:
    for direction, (fx, fy) in enumerate(UNIT):
        rx, ry = -fy, fx
        for i in range(5):
            for j in range(5):
                dx = (4 - j) * fx + (i - 2) * rx
                dy = (4 - j) * fy + (i - 2) * ry
                assert VIEW_OFFSETS[direction, 5 * i + j] == dy * GRID_SIZE + dx


def test_codes_lie_inside_a_border_of_walls() -> None:
    level = np.zeros((1, 16, 16), np.uint8)
    level[0, 3, 7] = 1
    goal = padded_index(np.array([16 * 15 + 2]))
    grid = code_grids(level, goal)[0].reshape(GRID_SIZE, GRID_SIZE)
    assert (grid == WALL).sum() == GRID_SIZE**2 - 255
    assert grid[3 + PAD, 7 + PAD] == WALL
    assert np.argwhere(grid == GOAL).tolist() == [[15 + PAD, 2 + PAD]]


def test_goal_distances_equal_a_queue_search() -> None:
    rng = np.random.default_rng(5)
    levels = (rng.random((6, 16, 16)) < 0.4).astype(np.uint8)
    levels[:, 4, 4] = 0
    goals = padded_index(np.full(6, 16 * 4 + 4))
    grids = code_grids(levels, goals)
    distances = goal_distances(grids, goals)
    for grid, goal, found in zip(grids, goals, distances, strict=True):
        expected = np.full(len(grid), -1)
        expected[goal] = 0
        queue = [int(goal)]
        for cell in queue:
            for step in (1, -1, GRID_SIZE, -GRID_SIZE):
                if grid[cell + step] != WALL and expected[cell + step] < 0:
                    expected[cell + step] = expected[cell] + 1
                    queue.append(cell + step)
        np.testing.assert_array_equal(found, expected)
