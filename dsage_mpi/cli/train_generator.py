"""``train-generator``: trains a Mario level generator of one's own (see docs/generator.md)."""

from __future__ import annotations

import argparse

from dsage_mpi.cli.training import training_parser

EXAMPLES = """examples:
  python -m dsage_mpi train-generator inputs/generator_mario.toml
  python -m dsage_mpi train-generator inputs/generator_mario.toml --set corpus.folder=LEVELS/
  python -m dsage_mpi train-generator inputs/generator_mario.toml --restart RUN_DIR

To use it: python -m dsage_mpi inputs/mario.toml --set domain.generator=RUN_DIR/generator.npz
"""


def parser() -> argparse.ArgumentParser:
    """The parser of ``train-generator``."""
    return training_parser(
        "train-generator", "Trains a generator of Mario levels, a GAN, in one process.", EXAMPLES
    )


def main(argv: list[str]) -> int:
    """Trains; returns the exit code."""
    arguments = parser().parse_args(argv)
    from dsage_mpi.training.mario_generator import train

    return train(
        arguments.input,
        overrides=arguments.overrides,
        run_dir=arguments.run_dir,
        restart=arguments.restart,
    )
