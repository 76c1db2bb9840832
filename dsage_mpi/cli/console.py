"""What all subcommands share on the console: options, number formats."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from dsage_mpi.core.exit_codes import NO_OUTPUT
from dsage_mpi.core.printable import printable


def exit_codes_help(*meanings: str) -> str:
    """The part of a command's help on its exit codes: 0, 1, ... and, of all, 4."""
    codes = [*enumerate(meanings), (NO_OUTPUT, "what was to be printed could not be written")]
    return "\n".join(["exit codes:", *(f"  {code}  {meaning}" for code, meaning in codes)])


EXIT_CODES = exit_codes_help(
    "done",
    "failed; the message says why, the run directory's log has the details",
    "bad input or usage; nothing was run",
    "stopped before the end, can be continued with --restart",
)


class Formatter(argparse.RawDescriptionHelpFormatter):
    """Help that keeps the line breaks of examples."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=28, width=96)


class Parser(argparse.ArgumentParser):
    """A parser in the style of all our commands.

    Arguments that it complains of are shown as text, not to be obeyed by the terminal.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"formatter_class": Formatter, "allow_abbrev": False, **options})
        #: What is done to the words before they are parsed.
        self.rewrite: Callable[[list[str]], list[str]] = list

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parses ``args`` after ``rewrite``; see ``argparse``."""
        return super().parse_known_args(self.rewrite(args or []), namespace)

    def error(self, message: str) -> NoReturn:
        """Prints usage and message, and ends the program."""
        super().error(printable(message))


def describe(parser: Parser, description: str, epilog: str) -> None:
    """Says what a command does, above its options, and gives examples below them."""
    parser.description, parser.epilog = textwrap.fill(description, 96), epilog


def some_path(text: str) -> Path:
    """The path that an option names (as ``type`` of an argument); an empty one is a mistake."""
    if not text.strip():
        raise argparse.ArgumentTypeError("is empty; expected a path")
    return Path(text)


def add_overrides(add: Callable[..., Any]) -> None:
    """Adds ``--set``; ``add`` is ``add_argument`` of a parser or of a group of its options."""
    add(
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
