"""``verify``: are these checkpoints whole?"""

from __future__ import annotations

import argparse
from pathlib import Path

from dsage_mpi.cli.console import Parser, describe
from dsage_mpi.core import exit_codes
from dsage_mpi.core.terminal import complain

EPILOG = """examples:
  python -m dsage_mpi verify runs/maze-0001                    all checkpoints of a run
  python -m dsage_mpi verify runs/maze-0001/checkpoints/checkpoint-000012.h5

exit codes:
  0  every checkpoint is whole
  1  at least one is damaged or incomplete; one line for each problem
  2  there is nothing to verify, or something cannot be read
  4  what was to be printed could not be written"""


def configure(parser: Parser) -> None:
    """Adds description and arguments of ``verify``."""
    describe(
        parser,
        "Reads checkpoints to the last byte, compares every checksum, and looks "
        "whether all is there that a restart needs and record, archive and counters agree.",
        EPILOG,
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
    from dsage_mpi.checkpoint.hdf5 import read_tree
    from dsage_mpi.checkpoint.verify import problems
    from dsage_mpi.run.checkpoint_consistency import inconsistencies
    from dsage_mpi.run.restart_parts import obstacles

    lines = problems(path)
    tree = {} if lines else read_tree(path)
    for find in (obstacles, inconsistencies):  # the second relies on what the first has looked at
        lines = lines or [f"{path}: {line}" for line in find(tree)]
    for line in lines:
        print(line)
    if not lines:
        size, count = path.stat().st_size / 1e6, tree["counters"]["evaluations"]
        print(f"{path}: whole, {size:.1f} MB, after {count} evaluations")
    return not lines
