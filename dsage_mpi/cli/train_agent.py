"""``train-agent``: trains a maze agent of one's own (see docs/agent.md)."""

from __future__ import annotations

import argparse
from pathlib import Path

from dsage_mpi.cli.console import EXIT_CODES, Formatter, add_overrides

EPILOG = f"""examples:
  python -m dsage_mpi train-agent inputs/agent_maze.toml
  python -m dsage_mpi train-agent inputs/agent_maze.toml --set run.wall_minutes=30
  python -m dsage_mpi train-agent inputs/agent_maze.toml --restart runs/agent-20260101-120000

To use the result: python -m dsage_mpi inputs/maze.toml --set domain.agent=RUN_DIR/agent.npz

{EXIT_CODES}
"""


def parser() -> argparse.ArgumentParser:
    """The parser of ``train-agent``."""
    made = argparse.ArgumentParser(
        prog="dsage_mpi train-agent",
        description="Trains a recurrent maze agent by PPO in one process.",
        epilog=EPILOG,
        formatter_class=Formatter,
        allow_abbrev=False,
    )
    made.add_argument("input", metavar="INPUT.toml", type=Path, help="settings of the training")
    add_overrides(made)
    made.add_argument(
        "--run-dir", type=Path, metavar="DIR", help="folder of the results (default: under runs/)"
    )
    made.add_argument(
        "--restart",
        type=Path,
        metavar="RUN_DIR|CHECKPOINT",
        help="continue an earlier training with the same settings",
    )
    return made


def main(argv: list[str]) -> int:
    """Trains; returns the exit code."""
    arguments = parser().parse_args(argv)
    from dsage_mpi.domains.maze.training import train

    return train(
        arguments.input,
        overrides=arguments.overrides,
        run_dir=arguments.run_dir,
        restart=arguments.restart,
    )
