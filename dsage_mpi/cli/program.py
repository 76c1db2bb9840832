"""The parser of the whole program, with one sub-parser per subcommand."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from dsage_mpi.cli import run
from dsage_mpi.cli.commands import COMMANDS, Command
from dsage_mpi.cli.console import Parser
from dsage_mpi.core import exit_codes


def module_of(command: Command) -> Any:
    """The module of a subcommand: ``configure(parser)``, ``main(arguments)``."""
    return import_module(f"dsage_mpi.cli.{command.name.replace('-', '_')}")


def parse(command: Command, options: Sequence[str]) -> argparse.Namespace:
    """Returns the arguments of ``command``; ``error(message)`` among them is its parser's.

    Raises:
        SystemExit: The options are wrong, or ask for help, which has been printed.
    """
    arguments: argparse.Namespace
    arguments, unknown = _parser(command).parse_known_args([command.name, *options])
    if unknown:  # as the subcommand's own parser would say it
        arguments.error(f"unrecognized arguments: {' '.join(unknown)}")
    return arguments


def print_help() -> int:
    """Prints the help of the program, in which ``run`` has its options; returns the exit code."""
    program = _parser(None)
    run.configure_program(program)
    program.usage = (
        f"{run.USAGE}\n"
        f"       dsage_mpi {{{','.join(name for name in COMMANDS if name != 'run')}}} ..."
    )
    program.print_help()
    return exit_codes.DONE


def _parser(chosen: Command | None) -> Parser:
    """A parser that knows one subcommand, and of all others names and summaries."""
    made = Parser(prog="dsage_mpi")
    commands = made.add_subparsers(
        prog="dsage_mpi", title="commands (each has its own --help)", metavar=""
    )
    for command in COMMANDS.values():
        parser = commands.add_parser(command.name, help=command.summary)
        parser.set_defaults(error=parser.error)
        if command is chosen:
            module_of(command).configure(parser)
    return made
