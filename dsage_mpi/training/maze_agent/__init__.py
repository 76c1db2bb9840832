"""Trains a maze agent of one's own: recurrent PPO on random mazes (``train-agent``)."""

from __future__ import annotations

from pathlib import Path


def train(
    config_path: Path, *, overrides: list[str], run_dir: Path | None, restart: Path | None
) -> int:
    """Trains an agent as a settings file says; see ``dsage_mpi.training.driver.train``."""
    from dsage_mpi.training import driver
    from dsage_mpi.training.maze_agent.settings import AgentTraining
    from dsage_mpi.training.maze_agent.trainer import WEIGHTS_NAME, Trainer

    return driver.train(
        AgentTraining,
        Trainer,
        WEIGHTS_NAME,
        config_path,
        overrides=overrides,
        run_dir=run_dir,
        restart=restart,
    )
