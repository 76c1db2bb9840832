"""What all subcommands share on the console: options, number formats."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import NoReturn

from dsage_mpi.core.printable import printable

EXIT_CODES = """exit codes:
  0  done
  1  failed; the message says why, the run directory's log has the details
  2  bad input or usage; nothing was run
  3  stopped before the end, can be continued with --restart
  4  what was to be printed could not be written"""


class Formatter(argparse.RawDescriptionHelpFormatter):
    """Help that keeps the line breaks of examples."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=28, width=96)


class Parser(argparse.ArgumentParser):
    """Shows arguments that it complains of as text, not to be obeyed by the terminal."""

    def error(self, message: str) -> NoReturn:
        """Prints usage and message, and ends the program."""
        super().error(printable(message))


def some_path(text: str) -> Path:
    """The path that an option names (as ``type`` of an argument); an empty one is a mistake."""
    if not text.strip():
        raise argparse.ArgumentTypeError("is empty; expected a path")
    return Path(text)


def add_overrides(parser: argparse.ArgumentParser) -> None:
    """Adds ``--set``."""
    parser.add_argument(
        "--set",
        dest="overrides",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        help="override one key, e.g. surrogate.epochs=50 or archive.dims=[64,54]; repeatable",
    )


def add_run(parser: argparse.ArgumentParser) -> None:
    """Adds the run directory or checkpoint that a command reads."""
    parser.add_argument(
        "run",
        metavar="RUN_DIR|CHECKPOINT",
        type=Path,
        help="a run directory (its newest valid checkpoint is used) or one checkpoint (.h5)",
    )


def count_text(value: float) -> str:
    """A count with groups of three digits: ``100 000``; large ones rounded: ``2.0e+08``."""
    return f"{value:,.0f}".replace(",", " ") if value < 1e7 else f"{value:.1e}"


def bytes_text(size: float) -> str:
    """A size in MB or GB."""
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{max(size / 1e6, 1):.0f} MB"
