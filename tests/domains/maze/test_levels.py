from __future__ import annotations

from collections import deque
from dataclasses import replace

import numpy as np
import pytest

from dsage_mpi.domains.maze.levels import (
    analyse,
    as_levels,
    depth_first_order,
    mark_endpoints,
    mark_optimal_path,
)
from tests.domains.maze import golden


def _distances(level, source):
    """Plain breadth-first search: {cell: distance}."""
    distance, queue = {source: 0}, deque([source])
    while queue:
        cell = queue.popleft()
        row, col = divmod(cell, 16)
        for r, c in ((row - 1, col), (row, col - 1), (row, col + 1), (row + 1, col)):
            if 0 <= r < 16 and 0 <= c < 16 and not level[r, c] and 16 * r + c not in distance:
                distance[16 * r + c] = distance[cell] + 1
                queue.append(16 * r + c)
    return distance


def _endpoints(level):
    """The definition: the first maximum of the distance matrix in row-major order."""
    best = (0, -1, -1)
    for start in np.flatnonzero(level.reshape(-1) == 0):
        distance = _distances(level, int(start))
        far = max(distance.values())
        if far > best[0]:
            best = (far, int(start), min(c for c, d in distance.items() if d == far))
    return best if best[0] else (-1, -1, -1)


def test_recorded_endpoints():
    recorded, geometry = golden.load("levels"), analyse(golden.levels())
    cells = {
        name: np.where(recorded[name][:, 0] < 0, -1, recorded[name] @ [16, 1])
        for name in ("start", "goal")
    }
    np.testing.assert_array_equal(geometry.start, cells["start"])
    np.testing.assert_array_equal(geometry.goal, cells["goal"])
    np.testing.assert_array_equal(geometry.optimal_path_length, recorded["optimal_path_length"])
    np.testing.assert_array_equal(geometry.solvable, recorded["solvability"] == 1)
    np.testing.assert_array_equal(geometry.n_reachable, golden.load("stats")["n_reachable"])
    marked = mark_endpoints(golden.levels(), geometry)
    np.testing.assert_array_equal(marked, recorded["endpoint_level"])


def test_recorded_optimal_paths():
    levels = golden.levels()
    marked = mark_optimal_path(levels, analyse(levels))
    np.testing.assert_array_equal(marked, golden.load("levels")["path_level"])


def test_endpoints_are_the_first_diametral_pair():
    levels = golden.random_levels(5, 42)
    # Mirrored halves have equal components, so that ties between components occur.
    levels[::3, :, 8] = 1
    levels[::3, :, 9:] = levels[::3, :, 7:0:-1]
    levels[::7, 7] = 1
    geometry = analyse(levels)
    for k, level in enumerate(levels):
        expected = _endpoints(level)
        found = geometry.optimal_path_length[k], geometry.start[k], geometry.goal[k]
        assert found == expected
        if expected[1] >= 0:
            cells = sorted(_distances(level, expected[1]))
            assert geometry.n_reachable[k] == len(cells)
            assert np.flatnonzero(geometry.reachable[k]).tolist() == cells


@pytest.mark.parametrize("kind", ["full", "single", "checkerboard"])
def test_degenerate_levels_have_no_endpoints(kind):
    level = np.ones((16, 16), np.uint8)
    if kind == "single":
        level[3, 4] = 0
    elif kind == "checkerboard":
        level = (np.indices((16, 16)).sum(axis=0) % 2).astype(np.uint8)
    geometry = analyse(level[None])
    assert geometry.start[0] == geometry.goal[0] == geometry.optimal_path_length[0] == -1
    assert not geometry.solvable[0]
    assert geometry.n_reachable[0] == 0
    assert not geometry.reachable.any()
    np.testing.assert_array_equal(mark_endpoints(level[None], geometry)[0], level)
    np.testing.assert_array_equal(mark_optimal_path(level[None], geometry)[0], level)


def test_an_empty_level_spans_its_corners():
    geometry = analyse(np.zeros((1, 16, 16), np.uint8))
    assert (geometry.start[0], geometry.goal[0], geometry.optimal_path_length[0]) == (0, 255, 30)


def test_no_levels_are_fine():
    assert analyse(np.zeros((0, 16, 16), np.uint8)).start.shape == (0,)


def test_depth_first_order_is_recursive_preorder():
    levels = golden.random_levels(8, 30)
    geometry = analyse(levels)
    for level, start, order in zip(
        levels, geometry.start, depth_first_order(levels, geometry), strict=True
    ):
        seen: list[int] = []

        def visit(cell, level=level, seen=seen):
            seen.append(cell)
            row, col = divmod(cell, 16)
            for r, c in ((row - 1, col), (row, col - 1), (row, col + 1), (row + 1, col)):
                inside = 0 <= r < 16 and 0 <= c < 16
                if inside and not level[r, c] and 16 * r + c not in seen:
                    visit(16 * r + c)

        visit(int(start))
        assert order[order >= 0].tolist() == seen


@pytest.mark.parametrize("dtype", [np.int8, np.bool_, np.int64, np.float32])
def test_any_numbers_zero_and_one_are_accepted(dtype):
    levels = golden.random_levels(1, 4)
    np.testing.assert_array_equal(as_levels(levels.reshape(4, 256).astype(dtype)), levels)


@pytest.mark.parametrize(
    ("levels", "message"),
    [
        (np.zeros((16, 16)), "shape"),
        (np.zeros((2, 15, 16)), "shape"),
        (np.full((1, 16, 16), 2, np.uint8), "level 1 has 2 at row 1, column 1"),
        (np.full((1, 16, 16), -1, np.int8), "level 1 has -1"),
        (np.full((1, 16, 16), np.nan), "level 1 has nan"),
        (np.full((1, 256), 0.5), "level 1 has 0.5"),
        (np.full((1, 16, 16), "x"), "numbers"),
    ],
)
def test_bad_levels_are_refused(levels, message):
    with pytest.raises(ValueError, match=message):
        analyse(levels)


def test_the_bad_level_is_named():
    levels = np.zeros((5, 16, 16), np.uint8)
    levels[3, 2, 1] = 7
    with pytest.raises(ValueError, match="level 4 has 7 at row 3, column 2"):
        analyse(levels)


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int64, np.float64])
def test_other_tiles_are_refused_by_whatever_reads_levels(dtype):
    good = np.zeros((1, 16, 16), np.uint8)
    bad = good.astype(dtype)
    bad[0, 2, 1] = 4
    geometry = analyse(good)
    for call in (
        lambda: as_levels(bad),
        lambda: mark_endpoints(bad, geometry),
        lambda: mark_optimal_path(bad, geometry),
        lambda: depth_first_order(bad, geometry),
    ):
        with pytest.raises(ValueError, match=r"level 1 has 4.* at row 3, column 2"):
            call()


def test_geometry_may_be_columns_of_a_table():
    levels = golden.random_levels(5, 4)
    geometry = analyse(levels)
    table = np.zeros(4, [("start", "i2"), ("goal", "i2")])
    table["start"], table["goal"] = geometry.start, geometry.goal
    strided = replace(geometry, start=table["start"], goal=table["goal"])
    for function in (mark_optimal_path, depth_first_order):
        np.testing.assert_array_equal(function(levels, strided), function(levels, geometry))
