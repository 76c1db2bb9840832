"""Simulates tasks on a worker: the agent's rollouts, or only the endpoints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dsage_mpi.core.domain import Array
from dsage_mpi.domains.maze import _native
from dsage_mpi.domains.maze.levels import SIDE, analyse
from dsage_mpi.domains.maze.settings import MazeSettings

#: Longest episode: 2 * 18 * 18 steps.
MAX_STEPS = 648
#: Environments of the "dsage" protocol; up to nine unfinished episodes add to its counts.
ENVIRONMENTS = 10

#: One evaluation: the level (0 empty, 1 wall) and the seed of its random streams.
TASK_DTYPE = np.dtype([("level", "u1", (SIDE, SIDE)), ("seed", "u8")])


def result_dtype(settings: MazeSettings) -> np.dtype[Any]:
    """Raw values of one evaluation, per rollout where there is one value per rollout."""
    episodes = (settings.rollouts,) if settings.runs_agent else (0,)
    most_visits = (settings.rollouts + ENVIRONMENTS - 1) * MAX_STEPS
    visits = "u2" if most_visits < 2**16 else "u4"
    fields: list[Any] = [
        ("start", "i2"),  # cell ids, -1 if the level is degenerate
        ("goal", "i2"),
        ("optimal_path_length", "i2"),
        ("n_reachable", "i2"),
    ]
    if settings.runs_agent:
        fields += [
            ("length", "u2", episodes),
            ("success", "u1", episodes),
            ("left_turns", "u2", episodes),
            ("right_turns", "u2", episodes),
            ("distinct_cells", "u2", episodes),
            ("initial_direction", "u1", episodes),
            ("repeated", "u4"),  # steps in cells seen before; dsage: unfinished episodes too
            ("occupancy", visits, (SIDE, SIDE)),  # visits; dsage: unfinished episodes too
        ]
        if settings.augment == "turns":
            fields.append(("turns", visits, (2, SIDE, SIDE)))  # left, right
    return np.dtype(fields)


class MazeSimulator:
    """Runs tasks; the result of one depends on its level and seed alone.

    Args:
        settings: Protocol, number of rollouts, precision.
        weights: The agent's tensors; unused where the objective needs no rollouts.
        isa: Instruction set of the network's arithmetic, for tests; fp32 results agree in all.

    Raises:
        ValueError: if this CPU lacks what ``precision = "bf16"`` needs.
    """

    def __init__(
        self,
        settings: MazeSettings,
        weights: Mapping[str, NDArray[np.float32]],
        isa: str = "auto",
    ) -> None:
        self._settings = settings
        self._dtype = result_dtype(settings)
        self._agent = (
            _native.Agent(dict(weights), isa, settings.precision == "bf16")
            if settings.runs_agent
            else None
        )

    def __call__(self, tasks: Array) -> Array:
        """Simulates ``tasks`` ((n,) of ``TASK_DTYPE``); returns (n,) of ``result_dtype``.

        Raises:
            ValueError: if a level holds something else than 0 and 1.
        """
        results = np.zeros(len(tasks), self._dtype)
        levels = np.ascontiguousarray(tasks["level"])
        raw = self._endpoints(levels) if self._agent is None else self._rollouts(tasks, levels)
        for name in results.dtype.names or ():
            results[name] = raw[name]
        return results

    def _rollouts(self, tasks: Array, levels: NDArray[np.uint8]) -> dict[str, Any]:
        assert self._agent is not None
        settings = self._settings
        run = self._agent.rollouts if settings.protocol == "independent" else self._agent.original
        # A single task may lie anywhere in a message, its seed at an odd address.
        seeds = np.require(tasks["seed"], requirements=["C", "A"])
        raw = run(levels, seeds, settings.rollouts, turns=settings.augment == "turns")
        if "repeated" not in raw:
            repeated = raw["length"].astype(np.int64) - raw["distinct_cells"]
            raw["repeated"] = repeated.sum(axis=1)
        return raw

    @staticmethod
    def _endpoints(levels: NDArray[np.uint8]) -> dict[str, Any]:
        geometry = analyse(levels)
        return {
            "start": geometry.start,
            "goal": geometry.goal,
            "optimal_path_length": geometry.optimal_path_length,
            "n_reachable": geometry.n_reachable,
        }
