"""``train-generator``: trains a Mario level generator of one's own (see docs/generator.md)."""

from __future__ import annotations

import argparse

from dsage_mpi.cli.console import Parser
from dsage_mpi.cli.training import configure_training, run_training

EXAMPLES = """examples:
  python -m dsage_mpi train-generator inputs/generator_mario.toml
  python -m dsage_mpi train-generator inputs/generator_mario.toml --set corpus.folder=LEVELS/
  python -m dsage_mpi train-generator inputs/generator_mario.toml --restart RUN_DIR

To use it: python -m dsage_mpi inputs/mario.toml --set domain.generator=RUN_DIR/generator.npz
"""


def configure(parser: Parser) -> None:
    """Adds description and arguments of ``train-generator``."""
    configure_training(
        parser, "Trains a generator of Mario levels, a GAN, in one process.", EXAMPLES
    )


def main(arguments: argparse.Namespace) -> int:
    """Trains; returns the exit code."""
    from dsage_mpi.training.mario_generator import train

    return run_training(train, arguments)
