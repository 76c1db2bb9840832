"""``verify``: are these checkpoints whole?"""

from __future__ import annotations

import argparse
from pathlib import Path

from dsage_mpi.cli.console import Parser, describe, exit_codes_help
from dsage_mpi.core import exit_codes
from dsage_mpi.core.terminal import complain

EPILOG = """examples:
  python -m dsage_mpi verify runs/maze-0001                    all checkpoints of a run
  python -m dsage_mpi verify runs/maze-0001/checkpoints/checkpoint-000012.h5
"""
_EXIT_CODES = exit_codes_help(
    "every checkpoint is whole",
    "at least one is damaged or incomplete; one line for each problem",
    "there is nothing to verify, or something cannot be read",
)


def configure(parser: Parser) -> None:
    """Adds description and arguments of ``verify``."""
    describe(
        parser,
        "Reads checkpoints to the last byte, compares every checksum, and looks "
        "whether all is there that a restart needs and record, archive and counters agree.",
        f"{EPILOG}\n{_EXIT_CODES}",
    )
    parser.add_argument(
        "runs", metavar="RUN_DIR|CHECKPOINT", type=Path, nargs="+", help="what to verify"
    )


def main(arguments: argparse.Namespace) -> int:
    """Prints a line per problem and per whole file; returns the exit code."""
    from dsage_mpi.core.domain import DomainError
    from dsage_mpi.core.state import UnreadableError
    from dsage_mpi.rundir.run_directory import RunDirectoryError

    found, damaged, unreadable = [], False, False
    for path in arguments.runs:
        try:
            found += _checkpoints(path)
        except (RunDirectoryError, UnreadableError) as error:
            complain(error)
            unreadable = True
    for checkpoint in found:
        try:
            damaged |= not _is_whole(checkpoint)
        except (UnreadableError, DomainError) as error:
            complain(error)
            unreadable = True
    if unreadable:
        return exit_codes.BAD_INPUT
    return exit_codes.FAILED if damaged else exit_codes.DONE


def _checkpoints(path: Path) -> list[Path]:
    """What is to be verified.

    Raises:
        RunDirectoryError: There is nothing.
        UnreadableError: It cannot be looked at.
    """
    from dsage_mpi.checkpoint.files import checkpoints
    from dsage_mpi.rundir.run_directory import RunDirectory, RunDirectoryError, look

    if look(path) == "file":
        return [path]
    found = checkpoints(RunDirectory.open(path).path)
    if not found:
        raise RunDirectoryError(f"{path} has no checkpoints")
    return found


def _is_whole(path: Path) -> bool:
    from dsage_mpi.checkpoint.verify import examine
    from dsage_mpi.run.absent import stand_in_for_absent
    from dsage_mpi.run.checkpoint_consistency import inconsistencies
    from dsage_mpi.run.restart_parts import missing, obstacles

    tree, lines = examine(path)
    absent = [] if lines or missing(tree) else stand_in_for_absent(tree)
    # The second relies on what the first has looked at, which needs the components themselves.
    for find in (inconsistencies,) if absent else (obstacles, inconsistencies):
        lines = lines or [f"{path}: {line}" for line in find(tree)]
    for line in lines:
        print(line)
    if not lines:
        size, count = path.stat().st_size / 1e6, tree["counters"]["evaluations"]
        print(f"{path}: whole, {size:.1f} MB, after {count} evaluations")
        for line in absent:
            print(f"{path}: not compared with {line}")
    return not lines
