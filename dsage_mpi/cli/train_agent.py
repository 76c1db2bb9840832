"""``train-agent``: trains a maze agent of one's own (see docs/agent.md)."""

from __future__ import annotations

import argparse

from dsage_mpi.cli.console import Parser
from dsage_mpi.cli.training import configure_training, run_training

EXAMPLES = """examples:
  python -m dsage_mpi train-agent inputs/agent_maze.toml
  python -m dsage_mpi train-agent inputs/agent_maze.toml --set run.wall_minutes=30
  python -m dsage_mpi train-agent inputs/agent_maze.toml --restart runs/agent-20260101-120000

To use the result: python -m dsage_mpi inputs/maze.toml --set domain.agent=RUN_DIR/agent.npz
"""


def configure(parser: Parser) -> None:
    """Adds description and arguments of ``train-agent``."""
    configure_training(parser, "Trains a recurrent maze agent by PPO in one process.", EXAMPLES)


def main(arguments: argparse.Namespace) -> int:
    """Trains; returns the exit code."""
    from dsage_mpi.training.maze_agent import train

    return run_training(train, arguments)
