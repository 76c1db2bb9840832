"""Trains a maze agent of one's own: recurrent PPO on random mazes (``train-agent``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dsage_mpi.training.driver import TrainingRequest


def train(request: TrainingRequest) -> int:
    """Trains an agent as a settings file says; see ``dsage_mpi.training.driver.train``."""
    from dsage_mpi.training import driver
    from dsage_mpi.training.maze_agent.settings import AgentTraining
    from dsage_mpi.training.maze_agent.trainer import WEIGHTS_NAME, Trainer

    return driver.train(driver.Training(AgentTraining, Trainer, WEIGHTS_NAME), request)
