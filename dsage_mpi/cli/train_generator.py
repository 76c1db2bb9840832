"""``train-generator``: trains a Mario level generator of one's own (see docs/generator.md)."""

from __future__ import annotations

import argparse
from pathlib import Path

from dsage_mpi.cli.console import EXIT_CODES, Formatter, add_overrides

EPILOG = f"""examples:
  python -m dsage_mpi train-generator inputs/generator_mario.toml
  python -m dsage_mpi train-generator inputs/generator_mario.toml --set corpus.folder=LEVELS/
  python -m dsage_mpi train-generator inputs/generator_mario.toml --restart RUN_DIR

To use it: python -m dsage_mpi inputs/mario.toml --set domain.generator=RUN_DIR/generator.npz

{EXIT_CODES}
"""


def parser() -> argparse.ArgumentParser:
    """The parser of ``train-generator``."""
    made = argparse.ArgumentParser(
        prog="dsage_mpi train-generator",
        description="Trains a generator of Mario levels, a GAN, in one process.",
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
    from dsage_mpi.domains.mario.generator.training import train

    return train(
        arguments.input,
        overrides=arguments.overrides,
        run_dir=arguments.run_dir,
        restart=arguments.restart,
    )
