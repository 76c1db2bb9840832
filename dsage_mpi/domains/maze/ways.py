"""Plays evaluations again to see which way the agent went: the simulator's own rollouts."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from dsage_mpi.core.domain import Array
from dsage_mpi.domains.maze import _native
from dsage_mpi.domains.maze.levels import SIDE
from dsage_mpi.domains.maze.settings import MazeSettings

#: States of one rollout, and the cell in which it ended (-1: out of time).
Way = tuple[NDArray[np.int16], int]
#: Levels whose rollouts are traced at once.
_AT_ONCE = 64


class Tracer:
    """Plays the rollouts of tasks again, state by state.

    Args:
        settings: As of the simulator.
        weights: The agent's tensors.
    """

    def __init__(self, settings: MazeSettings, weights: Mapping[str, Array]) -> None:
        self._settings = settings
        self._agent = _native.Agent(dict(weights), "auto", settings.precision == "bf16")

    def ways(self, tasks: Array, rollouts: int) -> list[list[Way]]:
        """The first ``rollouts`` of each task; an empty list where nothing can be played."""
        found: list[list[Way]] = []
        for first in range(0, len(tasks), _AT_ONCE):
            found += self._some(tasks[first : first + _AT_ONCE], rollouts)
        return found

    def _some(self, tasks: Array, rollouts: int) -> list[list[Way]]:
        settings = self._settings
        independent = settings.protocol == "independent"
        # Independent episodes are what they are whatever their number; others depend on it.
        episodes = min(rollouts, settings.rollouts) if independent else settings.rollouts
        run = self._agent.rollouts if independent else self._agent.original
        raw = run(
            np.ascontiguousarray(tasks["level"]),
            np.require(tasks["seed"], requirements=["C", "A"]),
            episodes,
            trace=True,
        )
        return [
            [
                (
                    raw["trace"][row, k, : raw["length"][row, k]],
                    int(raw["goal"][row]) if raw["success"][row, k] else -1,
                )
                for k in range(min(rollouts, episodes))
            ]
            if raw["start"][row] >= 0
            else []
            for row in range(len(tasks))
        ]


def cells_of(way: Way) -> NDArray[np.int16]:
    """Row and column ((steps, 2)) of each step, the end included."""
    states, goal = way
    cells = np.append(states >> 2, goal) if goal >= 0 else states >> 2
    return np.stack(np.divmod(cells, SIDE), axis=1).astype(np.int16)
