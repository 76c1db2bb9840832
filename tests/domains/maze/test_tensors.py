"""Mazes as tensors against mazes as arrays."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from dsage_mpi.core.domain import DomainError, known_objective
from dsage_mpi.core.tensor_levels import tensor_levels
from dsage_mpi.domains.maze.domain import MazeDomain
from dsage_mpi.domains.maze.settings import MazeSettings

MEASURES = ("agent_path_length", "num_blocks")


def solutions():
    rng = np.random.default_rng(3)
    tiles = (rng.random((60, 256)) < rng.uniform(0.1, 1.0, (60, 1))).astype(np.uint8)
    tiles[0], tiles[1] = 1, 0  # all walls; none
    tiles[2:6] = 1
    tiles[2, [15, 16]] = 0  # neighbours by number alone: end and beginning of rows
    tiles[3, [15, 31]] = 0  # one below the other
    tiles[4, [30, 31]] = 0
    tiles[5, 77] = 0
    return tiles


@pytest.mark.parametrize("objective", ["accel", "accel_none", "none"])
def test_they_tell_what_arrays_tell(objective):
    domain = MazeDomain(MazeSettings(name="maze", objective=objective), MEASURES)
    made = tensor_levels(domain, "cpu", bare=True, planes=False)
    levels = made.levels(torch.from_numpy(solutions()))
    expected = domain.bare_levels(solutions())
    assert levels.dtype == torch.int8
    np.testing.assert_array_equal(levels, expected)
    known = made.known(levels).numpy()
    np.testing.assert_array_equal(known[:, 0], known_objective(domain, expected))
    np.testing.assert_array_equal(known[:, 1:], domain.known_measures(expected))


def test_neither_marks_nor_planes_are_to_be_had():
    domain = MazeDomain(MazeSettings(name="maze"), MEASURES)
    for bare, planes in ((False, False), (True, True)):
        with pytest.raises(DomainError, match="neither start and goal nor planes as tensors"):
            tensor_levels(domain, "cpu", bare=bare, planes=planes)
