"""Small trainings that the tests of this folder share."""

from __future__ import annotations

from pathlib import Path

import pytest

from dsage_mpi.config.load import load_model
from dsage_mpi.training.maze_agent.settings import AgentTraining

REPOSITORY = Path(__file__).parents[3]
TINY = REPOSITORY / "inputs" / "agent_maze_tiny.toml"

#: Shrinks the tiny training to a fraction of a second per update.
MINIMAL = [
    "ppo.environments=8",
    "ppo.segment=12",
    "ppo.minibatches=2",
    "run.total_steps=384",
    "levels.fresh_per_update=16",
    "levels.pool=32",
    "levels.replay_slots=4",
    "validation.levels=3",
    "validation.every_steps=192",
]


@pytest.fixture
def minimal() -> AgentTraining:
    """Four updates of 96 steps."""
    return load_model(AgentTraining, TINY, MINIMAL)
