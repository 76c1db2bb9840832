"""What the commands that train a network have in common: ``train-agent``, ``train-generator``."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from dsage_mpi.cli.console import EXIT_CODES, Parser, add_overrides, describe, some_path

if TYPE_CHECKING:
    from dsage_mpi.training.driver import TrainingRequest


def configure_training(parser: Parser, description: str, examples: str) -> None:
    """Adds the arguments of such a command.

    Args:
        parser: Its parser.
        description: What it does, in a line.
        examples: What stands below the options, before the exit codes.
    """
    describe(parser, description, f"{examples}\n{EXIT_CODES}\n")
    parser.add_argument("input", metavar="INPUT.toml", type=Path, help="settings of the training")
    add_overrides(parser.add_argument)
    parser.add_argument(
        "--run-dir",
        type=some_path,
        metavar="DIR",
        help="a new or empty folder for the results (default: under runs/)",
    )
    parser.add_argument(
        "--restart",
        type=some_path,
        metavar="RUN_DIR|CHECKPOINT",
        help="continue an earlier training with the same settings",
    )


def run_training(train: Callable[[TrainingRequest], int], arguments: argparse.Namespace) -> int:
    """Trains as the arguments say; returns the exit code."""
    from dsage_mpi.training.driver import TrainingRequest

    overrides, run_dir = arguments.overrides, arguments.run_dir
    return train(TrainingRequest(arguments.input, overrides, run_dir, arguments.restart))
