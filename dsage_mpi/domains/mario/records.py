"""Layout of tasks and results, shared by the domain, its host process and the Java evaluator.

The Java class ``dsage.mario.Evaluator`` reads and writes these records as they lie in memory
(little-endian, packed), so a change here is a change there.
"""

from __future__ import annotations

from typing import Any

import numpy as np

HEIGHT, WIDTH = 16, 56

#: ``status`` of a rollout.
WIN, LOSE, TIME_OUT = 1, 2, 3

#: One rollout; every field has four bytes. Names and meaning as in mario.md section 9.
ROLLOUT_DTYPE = np.dtype(
    [
        ("status", "<i4"),
        ("ticks", "<i4"),  # agent events, i.e. iterations of the run loop
        ("completion", "<f4"),  # [0, 1]; 1 where the original has 0/0 (exit in column 0: won)
        ("jumps", "<i4"),
        ("kills", "<i4"),  # all of them, falls included
        ("kills_stomp", "<i4"),
        ("kills_fire", "<i4"),
        ("kills_shell", "<i4"),
        ("kills_fall", "<i4"),
        ("kills_by_type", "<i4", (15,)),  # sprite types 2 to 16, falls excluded
        ("mushrooms", "<i4"),
        ("flowers", "<i4"),
        ("coins", "<i4"),
        ("tile_coins", "<i4"),  # always 0, as published
        ("bricks", "<i4"),
        ("hurts", "<i4"),
        ("lives", "<i4"),
        ("mode", "<i4"),  # 0 small, 1 large, 2 fire, at the end
        ("remaining_time", "<i4"),
        ("max_x_jump", "<f4"),  # pixels
        ("max_air_time", "<i4"),  # ticks
        ("nodes", "<i4"),  # search nodes taken in the whole game
        ("nodes_max", "<i4"),  # most of them in one tick
    ]
)


def task_dtype(rollouts: int) -> np.dtype[Any]:
    """A level and the planner's budget of each rollout (nodes, or milliseconds) per call."""
    return np.dtype([("level", "i1", (HEIGHT, WIDTH)), ("budget", "<i4", (rollouts,))])


def result_dtype(rollouts: int) -> np.dtype[Any]:
    """All rollouts, and how often the agent was seen in each tile, summed over them."""
    return np.dtype(
        [("rollout", ROLLOUT_DTYPE, (rollouts,)), ("occupancy", "<i4", (HEIGHT, WIDTH))]
    )
