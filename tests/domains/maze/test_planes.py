"""Planes of mazes against a plain breadth-first search."""

from __future__ import annotations

from collections import deque

import numpy as np
import pytest

from dsage_mpi.domains.maze.levels import GOAL, START, WALL, analyse, mark_endpoints
from dsage_mpi.domains.maze.planes import PLANES, planes


def steps_from(level, code):
    ends = np.argwhere(level == code)
    found = np.full(level.shape, -1)
    if len(ends) == 0:
        return found
    queue = deque([tuple(ends[0])])
    found[queue[0]] = 0
    while queue:
        row, column = queue.popleft()
        for cell in ((row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1)):
            inside = 0 <= cell[0] < 16 and 0 <= cell[1] < 16
            if inside and level[cell] != WALL and found[cell] < 0:
                found[cell] = found[row, column] + 1
                queue.append(cell)
    return found


@pytest.fixture(scope="module")
def marked():
    rng = np.random.default_rng(3)
    walls = (rng.random((40, 16, 16)) < rng.uniform(0.1, 0.9, (40, 1, 1))).astype(np.uint8)
    walls[0], walls[1] = 1, 0  # no way at all; nothing in the way
    walls[2] = 1
    walls[2, 5, 5] = 0  # one free tile: neither start nor goal
    return mark_endpoints(walls, analyse(walls))


def test_they_are_the_steps_that_breadth_first_search_counts(marked):
    found = planes(marked)
    assert found.shape == (40, len(PLANES), 16, 16)
    assert found.dtype == np.float32
    for level, plane in zip(marked, found, strict=True):
        start, goal = steps_from(level, START), steps_from(level, GOAL)
        length = max(0, int(start[level == GOAL].max(initial=0)))
        np.testing.assert_array_equal(plane[0] * 32, np.maximum(start, 0))
        np.testing.assert_array_equal(plane[1] * 32, np.maximum(goal, 0))
        np.testing.assert_array_equal(plane[2], (start >= 0) & (start + goal == length))
        np.testing.assert_array_equal(plane[3] * 64, (start >= 0) * length)


def test_marks_make_no_difference(marked):
    bare = np.where(marked == WALL, WALL, 0).astype(np.int8)
    np.testing.assert_array_equal(planes(bare), planes(marked))


def test_no_levels():
    assert planes(np.empty((0, 16, 16), np.int8)).shape == (0, len(PLANES), 16, 16)
