"""Settings of the maze domain (the TOML table ``[domain]`` with ``name = "maze"``)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator

from dsage_mpi.core.cost_facts import CostFacts
from dsage_mpi.core.domain import Measure
from dsage_mpi.core.settings import Settings

SOLUTION_KIND: Literal["discrete", "continuous"] = "discrete"
#: Numbers in a solution: one per tile.
SOLUTION_DIM = 256

#: Quantities that an archive can be spanned by (maze.md section 7.1); names as published.
MEASURES: dict[str, Measure] = {
    "num_blocks": Measure(0, 256, "tiles", "walls in the level, outer ring not counted"),
    "agent_path_length": Measure(0, 648, "steps", "mean steps per rollout; time-outs count 648"),
    "n_repeated_cells": Measure(0, 648, "steps", "steps per rollout spent in cells seen before"),
    "frac_explored_cells": Measure(
        0, 1, "fraction", "cells that any rollout stood on, of those connected to the start"
    ),
    "optimal_path_length": Measure(
        -1, 255, "moves", "shortest path from start to goal; -1 where there are no endpoints"
    ),
    "n_left_turns": Measure(0, 648, "turns", "median left turns per rollout"),
    "n_right_turns": Measure(0, 648, "turns", "median right turns per rollout"),
    "solvability": Measure(0, 1, "flag", "1 if the level has two adjacent free cells"),
    "success_rate": Measure(0, 1, "fraction", "rollouts that reach the goal in time"),
    "fail_rate": Measure(0, 1, "fraction", "rollouts that time out"),
}

#: CPU time of one rollout on the development machine (benchmarks/maze_simulator.py): random mazes
#: take about 110 steps, those that searches propose about twice as many.
_SECONDS_PER_ROLLOUT = {"fp32": 1e-3, "bf16": 6e-4}


class MazeSettings(Settings):
    """16x16 mazes and a recurrent agent that sees 5x5 cells."""

    name: Literal["maze"] = Field(description="Selects this domain.")
    agent: str = Field(
        "builtin",
        min_length=1,
        description="builtin: the agent that comes with the package; else the path of a checkpoint "
        "in the published format (torch) or of an agent.npz that train-agent wrote.",
    )
    objective: Literal["accel", "accel_fail", "accel_none", "dfs", "none"] = Field(
        "accel_none",
        description="What is maximised: accel (agent's path length), accel_fail (failure), "
        "accel_none (1 for every level with endpoints; all published experiments), dfs (steps of a "
        "depth-first search over the optimal path), none (1; the agent is not run).",
    )
    aggregation: Literal["mean", "median"] = Field(
        "mean", description="How the rollouts' objectives become one number."
    )
    rollouts: int = Field(50, ge=1, le=10_000, description="Episodes per evaluation.")
    protocol: Literal["independent", "dsage"] = Field(
        "independent",
        description="independent: complete, independent episodes; dsage: as in the original "
        "program (10 coupled environments, the first episodes to end count), for comparisons with "
        "it. Never mix the two within an archive.",
    )
    precision: Literal["fp32", "bf16"] = Field(
        "fp32",
        description="Of the agent's recurrent product. fp32: the same result on every host; bf16: "
        "faster, statistically the same, needs a CPU with AVX512_BF16.",
    )
    augment: Literal["agent_occupancy", "optimal_path", "turns"] = Field(
        "agent_occupancy",
        description="Kind of augmented level. The surrogate learns the agent's occupancy in any "
        "case; turns also records where the agent turned, and then (as published) repeated cells "
        "are 0 and explored cells count turns too.",
    )
    degenerate_occupancy: Literal["zeros", "walls"] = Field(
        "zeros",
        description="Occupancy of levels without endpoints: zeros, or (as published) the walls.",
    )

    @field_validator("agent")
    @classmethod
    def _absolute(cls, agent: str) -> str:
        """Makes a path absolute, so that a restart from another folder finds the same agent."""
        # Unlike Path.expanduser, leaves a "~name" that no user has: it is missed as a file.
        return agent if agent == "builtin" else str(Path(os.path.expanduser(agent)).absolute())

    @property
    def runs_agent(self) -> bool:
        """Whether the objective needs rollouts."""
        return self.objective.startswith("accel")


SETTINGS = MazeSettings


def cost_facts(settings: MazeSettings) -> CostFacts:
    """What one evaluation costs, for estimates before a run."""
    seconds = settings.rollouts * _SECONDS_PER_ROLLOUT[settings.precision]
    if settings.protocol == "dsage":
        seconds *= 1.5
    return CostFacts(
        seconds=seconds if settings.runs_agent else 2e-5,
        level_shape=(16, 16),
        tile_count=4,
        solution_bytes=256,
        basis=f"{settings.rollouts} rollouts of about 220 steps, {settings.precision}",
        planes=4,
    )
