"""Many mazes stepped side by side, for training (maze.md section 2).

The native simulator plays whole evaluations; training needs every single step with its rewards,
for a few hundred environments at a time. Both follow the same specification, and the tests play
one against the other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dsage_mpi.training.maze_agent.grid import CELLS, EMPTY, FORWARD, GOAL, VIEW_OFFSETS
from dsage_mpi.training.maze_agent.level_source import LevelBatch

MAX_STEPS = 648
TURN_LEFT, TURN_RIGHT, MOVE_FORWARD = 0, 1, 2


@dataclass(frozen=True)
class StepOutcome:
    """What one step did, (n,) each.

    Attributes:
        reward: 1 - 0.9 * steps / 648 where the goal was reached, else 0.
        new_cell: True where a cell was entered for the first time in the episode.
        nearer: Moves by which the goal came nearer (-1, 0, 1).
        success: True where the goal was reached.
        done: True where the episode ended (goal or time-out).
    """

    reward: NDArray[np.float32]
    new_cell: NDArray[np.bool_]
    nearer: NDArray[np.int16]
    success: NDArray[np.bool_]
    done: NDArray[np.bool_]


class Environments:
    """State of ``n`` environments as arrays; the caller resets those that are done."""

    def __init__(self, count: int):
        self.levels = LevelBatch.empty(count)
        self.cell = np.zeros(count, dtype=np.int64)
        self.direction = np.zeros(count, dtype=np.int64)
        self.steps = np.zeros(count, dtype=np.int64)
        self.visited = np.zeros((count, CELLS), dtype=np.bool_)
        self._rows = np.arange(count)

    def reset(
        self, index: NDArray[np.int64], levels: LevelBatch, directions: NDArray[np.int64]
    ) -> None:
        """Begins episodes on new levels in the environments at ``index``."""
        self.levels.assign(index, levels)
        self.cell[index] = levels.starts
        self.direction[index] = directions
        self.steps[index] = 0
        self.visited[index] = False
        self.visited[index, levels.starts] = True

    def views(self) -> NDArray[np.uint8]:
        """(n, 25) codes of the tiles in view; the agent's own tile is always empty."""
        positions = self.cell[:, None] + VIEW_OFFSETS[self.direction]
        view: NDArray[np.uint8] = self.levels.grids[self._rows[:, None], positions]
        return view

    def distance(self) -> NDArray[np.int16]:
        """(n,) moves to the goal."""
        moves: NDArray[np.int16] = self.levels.distances[self._rows, self.cell]
        return moves

    def step(self, actions: NDArray[np.int64]) -> StepOutcome:
        """Applies one action per environment."""
        self.steps += 1
        self.direction += (actions == TURN_RIGHT).astype(np.int64)
        self.direction -= (actions == TURN_LEFT).astype(np.int64)
        self.direction &= 3
        ahead = self.cell + FORWARD[self.direction]
        code = self.levels.grids[self._rows, ahead]
        forward = actions == MOVE_FORWARD
        success = forward & (code == GOAL)
        moved = forward & (code == EMPTY)
        before = self.distance()
        self.cell[moved] = ahead[moved]
        after = np.where(success, 0, self.distance())
        new_cell = moved & ~self.visited[self._rows, self.cell]
        self.visited[self._rows, self.cell] = True
        reward = np.where(success, 1.0 - 0.9 * (self.steps / MAX_STEPS), 0.0)
        return StepOutcome(
            reward=reward.astype(np.float32),
            new_cell=new_cell,
            nearer=(before - after).astype(np.int16),
            success=success,
            done=success | (self.steps >= MAX_STEPS),
        )
