"""Settings and tasks of the stand-in, and what must come out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from dsage_mpi.domains.mario.records import (
    HEIGHT,
    TIME_OUT,
    WIDTH,
    WIN,
    result_dtype,
    task_dtype,
)
from dsage_mpi.domains.mario.settings import MarioSettings, SimulatorSettings
from dsage_mpi.domains.mario.simulator import MarioSimulator
from dsage_mpi.domains.mario.tiles import TILES

ROLLOUTS = 2


def settings(jar: Path, agent: str = "fickle", **simulator: Any) -> MarioSettings:
    """Settings of a run with the stand-in."""
    simulator = {"heap_mb": 64, "deadline_seconds": 30} | simulator
    return MarioSettings(
        name="mario",
        rollouts=ROLLOUTS,
        simulator=SimulatorSettings(jar=str(jar), agent=agent, **simulator),
    )


def change_option(simulator: MarioSimulator, **options: Any) -> None:
    """Has the next child started with other options than the settings allow."""
    child = simulator._child
    child._factory = replace(child._factory, options={**child._factory.options, **options})


def own_settings(**simulator: Any) -> MarioSettings:
    """Settings of a run with our own engine."""
    simulator = {"heap_mb": 64, "deadline_seconds": 60} | simulator
    return MarioSettings(name="mario", rollouts=ROLLOUTS, simulator=SimulatorSettings(**simulator))


def own_tasks(count: int, budget: int = 200) -> Any:
    """Levels with walls, pits and enemies, a few of which cannot be completed."""
    rng = np.random.default_rng(5)
    tasks = np.zeros(count, task_dtype(ROLLOUTS))
    for number, level in enumerate(tasks["level"]):
        level[14:] = TILES.index("X")
        for column in rng.integers(5, 50, 6):
            level[13 - rng.integers(0, 4) : 14, column] = TILES.index("#")
        for column in rng.integers(5, 50, 3):
            level[14:, column : column + rng.integers(1, 4)] = TILES.index("-")
        for column in rng.integers(8, 50, 4):
            level[10, column] = rng.integers(2, 10)
        if number % 6 == 4:
            level[13:, 30:48] = TILES.index("-")
    tasks["budget"] = budget
    return tasks


def make_tasks(tops: list[str]) -> Any:
    """One task per text: the first row of its level, the rest of the row empty."""
    tasks = np.zeros(len(tops), task_dtype(ROLLOUTS))
    for task, top in zip(tasks, tops, strict=True):
        task["level"][0, : len(top)] = [TILES.index(tile) for tile in top]
    tasks["level"][:, -1] = TILES.index("X")
    return tasks


def expected(tops: list[str]) -> Any:
    """Results of ``make_tasks(tops)`` for the walker, without the game's code."""
    results = np.zeros(len(tops), result_dtype(ROLLOUTS))
    for top, result in zip(tops, results, strict=True):
        x, jumps, visits = 8, 0, np.zeros((HEIGHT, WIDTH), np.int32)
        countdown, ticks = 20_000, 0
        while x < 16 * (WIDTH - 1) and countdown > 0:
            tile = top[x // 16] if x // 16 < len(top) else "-"
            x = min(x + 8 * (tile != "|"), 16 * (WIDTH - 1))
            jumps += tile == "S"
            visits[12 if tile == "S" else 13, x // 16] += 1
            countdown, ticks = countdown - 30, ticks + 1
            if x == 16 * (WIDTH - 1):  # the exit must be passed, not just reached
                visits[13, x // 16] += 1
                countdown, ticks = countdown - 30, ticks + 1
        won = x == 16 * (WIDTH - 1)
        rollout = result["rollout"]
        rollout["status"], rollout["ticks"] = WIN if won else TIME_OUT, ticks
        rollout["completion"] = 1.0 if top[:1] == "F" else np.float32(x / (16 * (WIDTH - 1)))
        rollout["jumps"], rollout["remaining_time"] = jumps, countdown
        for field, value in FIXED.items():
            rollout[field] = value
        rollout["kills_by_type"] = 100 + np.arange(2, 17)
        result["occupancy"] = ROLLOUTS * visits
    return results


FIXED = {
    "kills": 10,
    "kills_fire": 1,
    "kills_stomp": 2,
    "kills_shell": 3,
    "kills_fall": 4,
    "hurts": 5,
    "lives": 6,
    "coins": 7,
    "mushrooms": 8,
    "flowers": 9,
    "tile_coins": 11,
    "bricks": 12,
    "max_x_jump": 121.5,
    "max_air_time": 13,
    "mode": 2,
}
