"""Picks the subcommand, and the one rank that runs it where it is not for all of them."""

from __future__ import annotations

import difflib
import io
import os
import sys
from typing import TYPE_CHECKING

from dsage_mpi.cli.commands import COMMANDS, Command
from dsage_mpi.cli.installation import missing_packages
from dsage_mpi.cli.output import printed
from dsage_mpi.cli.program import module_of, parse, print_help
from dsage_mpi.core import exit_codes
from dsage_mpi.core.caches import provide_caches
from dsage_mpi.core.open_files import too_few_files
from dsage_mpi.core.terminal import complain

if TYPE_CHECKING:
    from dsage_mpi.farm.launch import Launch

HELP = frozenset({"-h", "--help"})
#: Options with which a command of all ranks only prints something or hands it on: one is enough.
PRINTING = HELP | {"--version", "--dry-run", "--submit"}


def dispatch(argv: list[str]) -> int:
    """Runs one command and returns its exit code.

    A first word that is no subcommand is the input file of ``run``.
    """
    _replace_closed_streams()
    _write_what_they_can()
    provide_caches(os.environ)
    # Figures are files. A notebook's own backend, which its shells inherit, may not be installed
    # here, and then matplotlib cannot even be imported.
    os.environ["MPLBACKEND"] = "agg"
    named = bool(argv) and argv[0] in COMMANDS
    command, options = COMMANDS[argv[0] if named else "run"], argv[1:] if named else argv
    if problem := too_few_files() or missing_packages(command.name):
        complain(problem)  # by every rank: telling them apart needs the packages, too
        return exit_codes.BAD_INPUT
    if not named and (problem := _misspelt(argv)):
        if _is_first_process():
            complain(problem)
        return exit_codes.BAD_INPUT
    alone = not (command.on_all_ranks and PRINTING.isdisjoint(options))
    if alone and not _is_first_process():
        return exit_codes.DONE
    # Help that is asked of no subcommand is the program's.
    helps = not named and not HELP.isdisjoint(options)
    try:
        prints = command.prints or (alone and command.on_all_ranks)
        return printed(lambda: print_help() if helps else _run(command, options, alone), prints)
    except KeyboardInterrupt:
        if _launch() is not None:
            raise  # all ranks must end: the farm's hook sees to it
        complain("interrupted; a run that has checkpoints goes on with --restart RUN_DIR")
        return exit_codes.INTERRUPTED
    except OSError as error:
        if not alone:
            raise  # as above
        complain(f"{error}; see that file systems and permissions are as you expect them")
        return exit_codes.BAD_INPUT


def _run(command: Command, options: list[str], alone: bool) -> int:
    """Parses the options and runs the command; returns its exit code or raises ``SystemExit``."""
    module = module_of(command)
    if alone:
        return int(module.main(parse(command, options)))
    return int(module.main_on_all_ranks(lambda: parse(command, options)))


def _replace_closed_streams() -> None:
    """A shell's ``>&-`` leaves no stream at all, and its number to the next file that is opened."""
    for name in ("stdin", "stdout", "stderr"):  # in the order of their numbers
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "r" if name == "stdin" else "w"))  # noqa: SIM115


def _write_what_they_can() -> None:
    """Where an encoding lacks a character (a locale of 1999), its number is printed instead."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _is_first_process() -> bool:
    """Whether this is rank 0 or not under an MPI launcher at all; starts no MPI."""
    launch = _launch()
    return launch is None or launch.rank in (None, 0)


def _launch() -> Launch | None:
    from dsage_mpi.farm.launch import detect_launch

    return detect_launch(os.environ)


def _misspelt(argv: list[str]) -> str:
    """What to say when the first word is meant as a subcommand but is none."""
    word = argv[0] if argv else ""
    looks_like_path = not word or word.startswith("-") or "." in word or os.sep in word
    if looks_like_path or word in COMMANDS or os.path.exists(word):
        return ""
    near = difflib.get_close_matches(word, COMMANDS, n=1)
    hint = f"did you mean {near[0]}?" if near else f"expected one of {', '.join(COMMANDS)}"
    return f"{word!r} is neither an input file nor a command; {hint}"
