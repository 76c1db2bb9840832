"""What the commands that train a network have in common: ``train-agent``, ``train-generator``."""

from __future__ import annotations

import argparse
from pathlib import Path

from dsage_mpi.cli.console import EXIT_CODES, Formatter, Parser, add_overrides, some_path


def training_parser(command: str, description: str, examples: str) -> argparse.ArgumentParser:
    """The parser of one such command.

    Args:
        command: Its name.
        description: One line.
        examples: What stands below the options, before the exit codes.
    """
    made = Parser(
        prog=f"dsage_mpi {command}",
        description=description,
        epilog=f"{examples}\n{EXIT_CODES}\n",
        formatter_class=Formatter,
        allow_abbrev=False,
    )
    made.add_argument("input", metavar="INPUT.toml", type=Path, help="settings of the training")
    add_overrides(made)
    made.add_argument(
        "--run-dir",
        type=some_path,
        metavar="DIR",
        help="a new or empty folder for the results (default: under runs/)",
    )
    made.add_argument(
        "--restart",
        type=some_path,
        metavar="RUN_DIR|CHECKPOINT",
        help="continue an earlier training with the same settings",
    )
    return made
