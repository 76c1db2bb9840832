"""Levels with targets that a network can learn: a small stand-in for a simulator."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dsage_mpi.core.levels import LevelSpace
from dsage_mpi.surrogate.dataset import DataSet
from dsage_mpi.surrogate.model import Surrogate
from dsage_mpi.surrogate.settings import SurrogateSettings

SHAPE = (8, 8)
TILES = 3
SPACE = LevelSpace(SHAPE, TILES)
SMALL: dict[str, Any] = {"features": 8, "residual_blocks": 1, "batch_size": 16, "threads": 1}


def evaluations(count: int, seed: int = 0, shape: tuple[int, int] = SHAPE) -> tuple[Any, ...]:
    """Levels, objective, measures and occupancy of ``count`` random levels.

    Tile 1 is a wall, tile 2 a lamp. The "agent" visits free tiles next to walls; measures are the
    number of walls and the length of all visits; the objective is the lit share of the level.
    """
    rng = np.random.default_rng(seed)
    density = rng.uniform(0.1, 0.9, (count, 1, 1))
    levels = (rng.random((count, *shape)) < density).astype(np.int8)
    levels[(levels == 0) & (rng.random(levels.shape) < 0.3)] = 2
    wall = np.pad(levels == 1, ((0, 0), (1, 1), (1, 1))).astype(np.float32)
    beside = wall[:, :-2, 1:-1] + wall[:, 2:, 1:-1] + wall[:, 1:-1, :-2] + wall[:, 1:-1, 2:]
    occupancy = np.where(levels == 1, 0, beside).astype(np.float32)
    measures = np.stack([(levels == 1).sum((1, 2)), occupancy.sum((1, 2))], axis=1)
    objective = (levels == 2).mean((1, 2))
    return levels, objective.astype(np.float64), measures.astype(np.float64), occupancy


def data_set(count: int, seed: int = 0, shape: tuple[int, int] = SHAPE) -> DataSet:
    """A full data set of `evaluations`."""
    data = DataSet(count, LevelSpace(shape, TILES))
    data.add(*evaluations(count, seed, shape))
    return data


def surrogate(
    run_seed: int = 7,
    shape: tuple[int, int] = SHAPE,
    measures: tuple[str, ...] = ("measure_1", "measure_2"),
    **settings: Any,
) -> Surrogate:
    """A small surrogate for `evaluations`."""
    return Surrogate(
        SurrogateSettings(**(SMALL | {"device": "cpu"} | settings)),
        LevelSpace(shape, TILES),
        measures,
        run_seed=run_seed,
    )


def arrays_of(tree: Any, path: str = "") -> dict[str, NDArray[Any]]:
    """Leaves of a state tree by path, for comparisons."""
    if not isinstance(tree, dict):
        return {path: np.asarray(tree)}
    leaves: dict[str, NDArray[Any]] = {}
    for key, value in tree.items():
        leaves |= arrays_of(value, f"{path}/{key}")
    return leaves


def assert_same_state(one: Any, other: Any) -> None:
    """Every leaf of both trees is there, of the same dtype and equal bit for bit."""
    first, second = arrays_of(one), arrays_of(other)
    assert first.keys() == second.keys()
    for path, value in first.items():
        assert value.dtype == second[path].dtype, path
        np.testing.assert_array_equal(value, second[path], err_msg=path)
