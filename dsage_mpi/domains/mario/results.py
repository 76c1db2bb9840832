"""Reads raw results: objective, measures and occupancy (mario.md section 12)."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from dsage_mpi.core.domain import Array
from dsage_mpi.domains.mario.kl import divergence
from dsage_mpi.domains.mario.records import WIN
from dsage_mpi.domains.mario.settings import MEASURES
from dsage_mpi.domains.mario.tiles import EMPTY, ENEMIES

Values = NDArray[np.float64]

#: Rows from the top that count as sky.
SKY_ROWS = 9
#: A jump is high above so many ticks in the air, long above so many pixels.
HIGH_JUMP_TICKS = 12
LONG_JUMP_PIXELS = 120

#: Fields of a rollout whose mean over the rollouts is kept beside the measures.
EXTRA_FIELDS = (
    *("kills_stomp", "kills_fire", "kills_shell", "kills_fall", "mushrooms", "flowers"),
    *("bricks", "hurts", "lives", "mode", "remaining_time", "max_x_jump", "max_air_time"),
    *("nodes", "nodes_max"),
)
#: Columns that are kept of every evaluation.
METADATA_NAMES: tuple[str, ...] = (*MEASURES, *EXTRA_FIELDS)


def _sky_tiles(levels: NDArray[np.int8]) -> Values:
    return np.asarray((levels[:, :SKY_ROWS] != EMPTY).sum(axis=(1, 2)), np.float64)


def _num_enemies(levels: NDArray[np.int8]) -> Values:
    return np.asarray(np.isin(levels, ENEMIES).sum(axis=(1, 2)), np.float64)


#: The measures that are a matter of the level alone: (n, 16, 56) levels -> (n,) values.
LEVEL_MEASURES: dict[str, Callable[[NDArray[np.int8]], Values]] = {
    "sky_tiles": _sky_tiles,
    "num_enemies": _num_enemies,
    "kl_level1": partial(divergence, reference="level1"),
    "kl_level3": partial(divergence, reference="level3"),
}


#: Fields that count or measure something, from 0 on.
_COUNTS = (
    *("ticks", "jumps", "kills", "kills_stomp", "kills_fire", "kills_shell", "kills_fall"),
    *("kills_by_type", "mushrooms", "flowers", "coins", "tile_coins", "bricks", "hurts"),
    *("max_x_jump", "max_air_time", "nodes", "nodes_max"),
)
#: More than any game can have of anything, whatever its timer.
_MOST = 10**8
#: What a float32 may be off in a fraction.
_ROUNDING = 1e-6


def impossible(results: Array) -> dict[int, str]:
    """Row of ``results`` ((n,) of ``records.result_dtype``) -> the first thing that cannot be.

    A jar of the user's own may say anything. What is no number at all is not looked at.
    """
    limits = {name: (0.0, float(_MOST)) for name in _COUNTS}
    limits["completion"] = (0.0, 1.0)
    found: dict[int, str] = {}
    for name, (low, high) in limits.items():
        _note(found, results["rollout"][name], name, low, high)
    _note(found, results["occupancy"], "occupancy", 0.0, float(_MOST))
    return found


def _note(found: dict[int, str], array: Array, name: str, low: float, high: float) -> None:
    values = array.astype(np.float64).reshape(len(array), math.prod(array.shape[1:]))
    wrong = (values < low - _ROUNDING) | (values > high + _ROUNDING)
    wrong &= np.isfinite(values)
    for row in np.flatnonzero(wrong.any(axis=1)).tolist():
        value = values[row, wrong[row].argmax()]
        text = f"{name} = {value:.6g}, expected {low:.0f} to {high:.0f}"
        found.setdefault(row, text)


class Reading:
    """``n`` evaluations: tasks with their raw results.

    Args:
        tasks: (n,) of ``records.task_dtype``.
        results: (n,) of ``records.result_dtype``.
    """

    def __init__(self, tasks: Array, results: Array) -> None:
        self._levels: NDArray[np.int8] = np.ascontiguousarray(tasks["level"])
        self._rollouts = results["rollout"]
        self._occupancy = results["occupancy"]

    def objective(self) -> Values:
        """(n,) completion in [0, 1], mean over the rollouts."""
        return self._mean("completion")

    def fields(self) -> dict[str, Values]:
        """Every column of ``METADATA_NAMES``, (n,) each."""
        rollouts = self._rollouts
        values = {
            **{name: measure(self._levels) for name, measure in LEVEL_MEASURES.items()},
            "enemies_killed": self._mean("kills"),
            "coins_collected": self._mean("tile_coins"),
            "jumps": self._mean("jumps"),
            "jumped": self._share(rollouts["jumps"] > 0),
            "high_jump": self._share(rollouts["max_air_time"] > HIGH_JUMP_TICKS),
            "long_jump": self._share(rollouts["max_x_jump"] > LONG_JUMP_PIXELS),
            "stomped": self._share(rollouts["kills_stomp"] > 0),
            "shell_kill": self._share(rollouts["kills_shell"] > 0),
            "fall_kill": self._share(rollouts["kills_fall"] > 0),
            "mushroom": self._share(rollouts["mushrooms"] > 0),
            "coin": self._share(rollouts["tile_coins"] > 0),
            "completion": self._mean("completion"),
            "win_rate": self._share(rollouts["status"] == WIN),
            "ticks": self._mean("ticks"),
            "coins": self._mean("coins"),
            **{name: self._mean(name) for name in EXTRA_FIELDS},
        }
        return {name: values[name] for name in METADATA_NAMES}

    def occupancy(self) -> NDArray[np.float32]:
        """(n, 16, 56) mean number of ticks per rollout that the agent spent in each tile."""
        return np.asarray(self._occupancy / self._rollouts.shape[1]).astype(np.float32)

    def _mean(self, field: str) -> Values:
        """Mean over the rollouts; float32 values are widened first, as published."""
        return np.asarray(self._rollouts[field].astype(np.float64).mean(axis=1))

    @staticmethod
    def _share(flags: NDArray[np.bool_]) -> Values:
        return np.asarray(flags.mean(axis=1, dtype=np.float64))
