"""``train-agent``: trains a maze agent of one's own (see docs/agent.md)."""

from __future__ import annotations

import argparse

from dsage_mpi.cli.training import training_parser

EXAMPLES = """examples:
  python -m dsage_mpi train-agent inputs/agent_maze.toml
  python -m dsage_mpi train-agent inputs/agent_maze.toml --set run.wall_minutes=30
  python -m dsage_mpi train-agent inputs/agent_maze.toml --restart runs/agent-20260101-120000

To use the result: python -m dsage_mpi inputs/maze.toml --set domain.agent=RUN_DIR/agent.npz
"""


def parser() -> argparse.ArgumentParser:
    """The parser of ``train-agent``."""
    return training_parser(
        "train-agent", "Trains a recurrent maze agent by PPO in one process.", EXAMPLES
    )


def main(argv: list[str]) -> int:
    """Trains; returns the exit code."""
    arguments = parser().parse_args(argv)
    from dsage_mpi.training.maze_agent import train

    return train(
        arguments.input,
        overrides=arguments.overrides,
        run_dir=arguments.run_dir,
        restart=arguments.restart,
    )
