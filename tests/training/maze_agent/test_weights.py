"""The agent that the package ships: complete, small, recorded, and good at mazes."""

from __future__ import annotations

import hashlib
import json

import numpy as np

from dsage_mpi.domains.maze import _native
from dsage_mpi.domains.maze.agent import BUILTIN, TENSORS, load_agent
from dsage_mpi.training.maze_agent.level_source import density_levels


def test_shipped_weights_are_complete_and_small() -> None:
    weights = load_agent("builtin")
    assert {name: array.shape for name, array in weights.items()} == TENSORS
    assert BUILTIN.stat().st_size <= 2_000_000


def test_the_record_says_how_they_came_about() -> None:
    record = json.loads((BUILTIN.parent / "agent.json").read_text(encoding="utf-8"))
    for key in ("commands", "seed", "steps", "wall_hours", "date", "commits", "sha256", "scores"):
        assert record[key], key
    assert hashlib.sha256(BUILTIN.read_bytes()).hexdigest() == record["sha256"]


def test_shipped_agent_finds_the_goal_on_fresh_levels() -> None:
    levels = density_levels(np.random.default_rng(77), np.repeat([0.1, 0.35, 0.5], 8))
    played = _native.Agent(load_agent("builtin")).rollouts(
        levels, np.arange(24, dtype=np.uint64), 8
    )
    solvable = played["optimal_path_length"] > 0
    assert played["success"][solvable].mean() > 0.85
