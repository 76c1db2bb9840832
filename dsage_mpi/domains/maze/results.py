"""Reads raw results: objective, measures and occupancy (maze.md section 7)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dsage_mpi.core.domain import Array
from dsage_mpi.domains.maze.levels import (
    CELLS,
    SIDE,
    START,
    LevelGeometry,
    analyse,
    depth_first_order,
    mark_optimal_path,
)
from dsage_mpi.domains.maze.settings import MEASURES, MazeSettings

Values = NDArray[np.float64]


class Reading:
    """``n`` evaluations: tasks with their raw results.

    Args:
        settings: What the results were made with.
        tasks: (n,) of ``TASK_DTYPE``.
        results: (n,) of ``result_dtype(settings)``.
    """

    def __init__(self, settings: MazeSettings, tasks: Array, results: Array) -> None:
        self._settings = settings
        self._levels = np.ascontiguousarray(tasks["level"])
        self._results = results
        self._played: NDArray[np.bool_] = results["start"] >= 0

    def objective(self) -> Values:
        """(n,) aggregated objective, 0 for degenerate levels."""
        kind = self._settings.objective
        values = np.ones(len(self._results))
        if kind == "dfs":
            first = self._search_length().astype(np.float64)
            values = first / np.maximum(self._results["optimal_path_length"], 1)
        elif kind in ("accel", "accel_fail"):
            field = "length" if kind == "accel" else "success"
            episodes = self._results[field].astype(np.float64)
            if kind == "accel_fail":
                episodes = 1.0 - episodes
            aggregate = np.mean if self._settings.aggregation == "mean" else np.median
            values = np.asarray(aggregate(episodes, axis=1))
        return np.where(self._played, values, 0.0)

    def fields(self) -> dict[str, Values]:
        """Every measure by name, (n,) each."""
        results, played = self._results, self._played
        values = {
            "num_blocks": self._levels.reshape(-1, CELLS).sum(axis=1),
            "optimal_path_length": results["optimal_path_length"],
            "solvability": played,
        }
        if self._settings.runs_agent:
            success = np.where(played, results["success"].mean(axis=1), 0.0)
            values |= {
                "agent_path_length": results["length"].mean(axis=1),
                "n_repeated_cells": self._repeated(),
                "frac_explored_cells": self._explored(),
                "n_left_turns": np.median(results["left_turns"], axis=1),
                "n_right_turns": np.median(results["right_turns"], axis=1),
                "success_rate": success,
                "fail_rate": np.where(played, 1.0 - success, 0.0),
            }
        zeros = np.zeros(len(results))
        return {name: np.asarray(values.get(name, zeros), np.float64) for name in MEASURES}

    def occupancy(self) -> NDArray[np.float32]:
        """(n, 16, 16) mean visits per rollout and cell, as the surrogate is taught them."""
        occupancy = self._occupancy().astype(np.float32)
        if self._settings.degenerate_occupancy == "walls":
            occupancy[~self._played] = self._levels[~self._played]
        return occupancy

    def augmented_levels(self) -> Array:
        """The published ``aug_level`` of the configured kind (maze.md section 7.2).

        Returns:
            ``agent_occupancy``: (n, 16, 16) float64; ``optimal_path``: (n, 16, 16) float64 of tile
            codes 0 to 4; ``turns``: (n, 3, 16, 16) float64 of occupancy, left and right turns (one
            occupancy plane where the agent is not run). Degenerate levels show their walls.
        """
        kind = self._settings.augment
        if kind == "optimal_path":
            return mark_optimal_path(self._levels, self._geometry()).astype(np.float64)
        augmented = self._occupancy()
        walls = self._levels.astype(np.float64)
        if kind == "turns" and self._settings.runs_agent:
            turns = self._results["turns"] / self._settings.rollouts
            augmented = np.concatenate([augmented[:, None], turns], axis=1)
            walls = np.repeat(walls[:, None], 3, axis=1)
        augmented[~self._played] = walls[~self._played]
        return augmented

    def _occupancy(self) -> Values:
        if self._settings.runs_agent:
            return np.asarray(self._results["occupancy"] / self._settings.rollouts)
        return self._occupancy_without_agent()

    def _occupancy_without_agent(self) -> Values:
        # Without an agent the original marks what the objective looked at: the optimal path, or
        # the depth-first search up to the goal.
        if self._settings.objective == "dfs":
            marked = np.zeros((len(self._results), CELLS), np.bool_)
            order, length = self._depth_first()
            for row, (cells, count) in enumerate(zip(order, length, strict=True)):
                marked[row, cells[:count]] = self._played[row]
        else:
            path = mark_optimal_path(self._levels, self._geometry())
            marked = (path >= START).reshape(-1, CELLS)
        return marked.reshape(-1, SIDE, SIDE) / self._settings.rollouts

    def _repeated(self) -> Values:
        if self._settings.augment == "turns":
            return np.zeros(len(self._results))
        return np.asarray(self._results["repeated"] / self._settings.rollouts)

    def _explored(self) -> Values:
        seen = (self._results["occupancy"] > 0).sum(axis=(1, 2))
        if self._settings.augment == "turns":
            seen = seen + (self._results["turns"] > 0).sum(axis=(1, 2, 3))
        return np.asarray(seen / np.maximum(self._results["n_reachable"], 1))

    def _geometry(self) -> LevelGeometry:
        return analyse(self._levels)

    def _depth_first(self) -> tuple[NDArray[np.int16], NDArray[np.int64]]:
        order = depth_first_order(self._levels, self._geometry())
        return order, (order == self._results["goal"][:, None]).argmax(axis=1) + 1

    def _search_length(self) -> NDArray[np.int64]:
        return self._depth_first()[1]
