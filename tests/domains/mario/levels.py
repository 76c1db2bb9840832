"""Levels that tests play or look at."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dsage_mpi.domains.mario.records import HEIGHT, WIDTH, result_dtype, task_dtype
from dsage_mpi.domains.mario.tiles import EMPTY, TILES


def empty() -> NDArray[np.int8]:
    return np.full((HEIGHT, WIDTH), EMPTY, np.int8)


def flat() -> NDArray[np.int8]:
    """Two rows of ground and nothing else: won after 89 ticks of running (mario.md section 5)."""
    level = empty()
    level[14:] = TILES.index("X")
    return level


def put(level: NDArray[np.int8], row: int, column: int, tiles: str) -> None:
    level[row, column : column + len(tiles)] = [TILES.index(tile) for tile in tiles]


def evaluation(level: NDArray[np.int8], rollouts: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """A task and a result in which nothing has happened yet."""
    tasks = np.zeros(1, task_dtype(rollouts))
    tasks["level"] = level
    return tasks, np.zeros(1, result_dtype(rollouts))
