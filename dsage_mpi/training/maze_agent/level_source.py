"""Where training mazes come from: fresh random levels and levels that the agent failed on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dsage_mpi.core.domain import DomainError
from dsage_mpi.domains.maze.levels import analyse
from dsage_mpi.training.maze_agent.grid import (
    CELLS,
    LEVEL_SIZE,
    code_grids,
    goal_distances,
    padded_index,
)
from dsage_mpi.training.maze_agent.settings import LevelSettings

#: Weight of the newest episode in a remembered level's failure rate.
_FAILURE_SMOOTHING = 0.25
#: Every remembered level keeps a small chance to be drawn.
_FLOOR = 0.02


@dataclass
class LevelBatch:
    """Levels prepared for the environments.

    Attributes:
        grids: (n, 676) uint8 code grids.
        starts: (n,) int64 flat grid index of the start.
        distances: (n, 676) int16 moves to the goal, -1 unreachable.
    """

    grids: NDArray[np.uint8]
    starts: NDArray[np.int64]
    distances: NDArray[np.int16]

    def __len__(self) -> int:
        return len(self.starts)

    def rows(self, index: NDArray[np.int64]) -> LevelBatch:
        """The levels at ``index``."""
        return LevelBatch(self.grids[index], self.starts[index], self.distances[index])

    def assign(self, index: NDArray[np.int64], other: LevelBatch) -> None:
        """Overwrites the levels at ``index``."""
        self.grids[index] = other.grids
        self.starts[index] = other.starts
        self.distances[index] = other.distances

    @classmethod
    def empty(cls, count: int) -> LevelBatch:
        """Room for ``count`` levels."""
        return cls(
            np.zeros((count, CELLS), np.uint8),
            np.zeros(count, np.int64),
            np.zeros((count, CELLS), np.int16),
        )


def prepare_levels(levels: NDArray[np.integer], low: int = 1, high: int = 255) -> LevelBatch:
    """Endpoints at the diameter, keeping levels whose start-goal distance is within low..high."""
    geometry = analyse(np.ascontiguousarray(levels, dtype=np.uint8))
    length = geometry.optimal_path_length
    usable = np.flatnonzero((length >= low) & (length <= high))
    goals = padded_index(geometry.goal[usable])
    grids = code_grids(levels[usable], goals)
    return LevelBatch(grids, padded_index(geometry.start[usable]), goal_distances(grids, goals))


def density_levels(rng: np.random.Generator, densities: NDArray[np.float64]) -> NDArray[np.uint8]:
    """(n, 16, 16) levels whose tiles are walls independently with the given probabilities."""
    draws = rng.random((len(densities), LEVEL_SIZE, LEVEL_SIZE))
    return (draws < densities[:, None, None]).astype(np.uint8)


def corridor_level(rng: np.random.Generator) -> NDArray[np.uint8]:
    """A (16, 16) spanning-tree maze on 8x8 rooms, shifted at random, some of its walls removed."""
    size = LEVEL_SIZE // 2
    level = np.ones((LEVEL_SIZE, LEVEL_SIZE), dtype=np.uint8)
    level[::2, ::2] = 0
    visited = {(0, 0)}
    stack = [(0, 0)]
    newest_first = rng.random()
    while stack:
        pick = len(stack) - 1 if rng.random() < newest_first else int(rng.integers(len(stack)))
        row, column = stack[pick]
        around = [(row + 1, column), (row - 1, column), (row, column + 1), (row, column - 1)]
        options = [
            (r, c) for r, c in around if 0 <= r < size and 0 <= c < size and (r, c) not in visited
        ]
        if not options:
            stack.pop(pick)
            continue
        r, c = options[int(rng.integers(len(options)))]
        level[row + r, column + c] = 0
        visited.add((r, c))
        stack.append((r, c))
    level[(level == 1) & (rng.random(level.shape) < rng.random() * 0.3)] = 0
    shift = (int(rng.integers(2)), int(rng.integers(2)))
    return np.rot90(np.roll(level, shift, axis=(0, 1)), int(rng.integers(4)))


def random_levels(
    rng: np.random.Generator, count: int, settings: LevelSettings
) -> NDArray[np.uint8]:
    """(count, 16, 16) levels of the training distribution."""
    densities = rng.uniform(settings.density_low, settings.density_high, count)
    levels = density_levels(rng, densities)
    for index in np.flatnonzero(rng.random(count) < settings.corridor_fraction):
        levels[index] = corridor_level(rng)
    return levels


class LevelSource:
    """A ring of recent random levels and a store of levels that episodes failed on.

    Training on random levels alone spends nearly all steps on levels that are solved already; the
    success rate is decided by the few that are not. A store slot holds one level with its smoothed
    failure rate, is drawn in proportion to it, and is taken over once the level is mastered.
    """

    def __init__(self, settings: LevelSettings):
        self._settings = settings
        self._pool = LevelBatch.empty(settings.pool)
        self._store = LevelBatch.empty(settings.replay_slots)
        self._failure = np.zeros(settings.replay_slots)
        self._filled = 0
        self._next = 0

    def refresh(self, rng: np.random.Generator) -> None:
        """Replaces the oldest pool levels; the first call fills a first part of the pool.

        Raises:
            DomainError: if there is no level to play, as none so far is as the settings want.
        """
        wanted = self._settings.fresh_per_update
        made = random_levels(rng, wanted, self._settings)
        fresh = prepare_levels(made, self._settings.minimum_path, self._settings.maximum_path)
        fresh = fresh.rows(np.arange(min(len(fresh), self._settings.pool)))
        if not self._filled and not len(fresh):
            raise DomainError(
                f"levels: none of the first {wanted} levels (levels.fresh_per_update) has a path "
                f"of {self._settings.minimum_path} to {self._settings.maximum_path} moves"
            )
        index = (self._next + np.arange(len(fresh))) % self._settings.pool
        self._pool.assign(index, fresh)
        self._next = int((self._next + len(fresh)) % self._settings.pool)
        self._filled = min(self._settings.pool, self._filled + len(fresh))

    def draw(self, rng: np.random.Generator, count: int) -> tuple[LevelBatch, NDArray[np.int64]]:
        """Levels for ``count`` new episodes and their store slots (-1 = not from the store)."""
        recent = rng.integers(self._filled, size=count)
        batch = self._pool.rows(recent)
        slots = np.full(count, -1, dtype=np.int64)
        stored = np.flatnonzero(self._failure > 0.0)
        replay = np.flatnonzero(rng.random(count) < self._settings.replay_probability)
        uniform = rng.random(count)[replay]
        if len(stored) and len(replay):
            weight = np.cumsum(self._failure[stored] + _FLOOR)
            chosen = stored[np.searchsorted(weight, uniform * weight[-1])]
            slots[replay] = chosen
            batch.assign(replay, self._store.rows(chosen))
        return batch, slots

    def report(
        self, levels: LevelBatch, slots: NDArray[np.int64], success: NDArray[np.bool_]
    ) -> None:
        """Takes the outcome of ended episodes: updates the store, remembers new failures."""
        for row in range(len(slots)):
            slot = int(slots[row])
            if slot >= 0:
                failed = 0.0 if success[row] else 1.0
                self._failure[slot] += _FAILURE_SMOOTHING * (failed - self._failure[slot])
            elif not success[row]:
                slot = int(self._failure.argmin())
                self._store.assign(np.array([slot]), levels.rows(np.array([row])))
                self._failure[slot] = 0.5

    def state(self) -> dict[str, NDArray[np.generic]]:
        """Everything that a resumed training needs."""
        return {
            "pool_grids": self._pool.grids,
            "pool_starts": self._pool.starts,
            "pool_distances": self._pool.distances,
            "store_grids": self._store.grids,
            "store_starts": self._store.starts,
            "store_distances": self._store.distances,
            "failure": self._failure,
            "filled": np.array(self._filled),
            "next": np.array(self._next),
        }

    def load_state(self, state: dict[str, NDArray[np.generic]]) -> None:
        """Continues from ``state()``."""
        self._pool = LevelBatch(
            *(state[f"pool_{name}"].copy() for name in ("grids", "starts", "distances"))  # type: ignore[arg-type]
        )
        self._store = LevelBatch(
            *(state[f"store_{name}"].copy() for name in ("grids", "starts", "distances"))  # type: ignore[arg-type]
        )
        self._failure = np.asarray(state["failure"], dtype=np.float64).copy()
        self._filled = int(state["filled"])
        self._next = int(state["next"])
