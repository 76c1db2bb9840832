"""``diff``: the first item in which two checkpoints differ, or all of them."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from dsage_mpi import exit_codes
from dsage_mpi.cli.console import Formatter
from dsage_mpi.report.terminal import complain

if TYPE_CHECKING:
    from dsage_mpi.checkpoint.tree import Tree

EPILOG = """examples:
  python -m dsage_mpi diff runs/maze-0001 runs/maze-0002
  python -m dsage_mpi diff old.h5 new.h5 --all

exit codes:
  0  the same
  1  different; one line each: where, the two values
  2  one of them cannot be read
  4  what was to be printed could not be written"""


def parser() -> argparse.ArgumentParser:
    """The parser of ``diff``."""
    made = argparse.ArgumentParser(
        prog="dsage_mpi diff",
        description="Compares two checkpoints bit by bit. What may differ between equal runs is "
        "left out without --all: times, machine, ranks, texts of failures, and settings that "
        "change no result.",
        epilog=EPILOG,
        formatter_class=Formatter,
        allow_abbrev=False,
    )
    for name in ("first", "second"):
        made.add_argument(
            name,
            metavar="RUN_DIR|CHECKPOINT",
            type=Path,
            help="a run directory (its newest valid checkpoint is used) or a checkpoint",
        )
    made.add_argument("--all", action="store_true", help="list all differences, of everything")
    return made


def main(argv: list[str]) -> int:
    """Prints what differs; returns the exit code."""
    arguments = parser().parse_args(argv)
    from dsage_mpi.checkpoint.compare import differences
    from dsage_mpi.checkpoint.tree import CheckpointError
    from dsage_mpi.report.run_directory import RunDirectoryError

    try:
        first = _contents(arguments.first, arguments.all)
        second = _contents(arguments.second, arguments.all)
    except (CheckpointError, RunDirectoryError) as error:
        complain(error)
        return exit_codes.BAD_INPUT
    found = False
    for difference in differences(first, second):
        print(difference)
        found = True
        if not arguments.all:
            break
    return exit_codes.FAILED if found else exit_codes.DONE


def _contents(path: Path, everything: bool) -> Tree:
    """A checkpoint with its root attributes, without what may differ between equal runs."""
    from dsage_mpi.checkpoint.hdf5 import read_attributes
    from dsage_mpi.cli.stored import find_stored
    from dsage_mpi.report.metrics import TIMING_COLUMNS

    stored = find_stored(path)
    tree: Tree = {"(attributes)": read_attributes(stored.checkpoint), **stored.tree}
    if everything:
        return tree
    columns = tree["metrics"]["columns"]
    return {
        **{name: part for name, part in tree.items() if name not in ("config", "versions")},
        # What the configuration means for the result is in its hash.
        "(attributes)": {
            name: tree["(attributes)"][name]
            for name in ("config_hash", "evaluations", "format", "iteration", "schema", "seed")
            if name in tree["(attributes)"]
        },
        "failures": {"evaluation": tree["failures"]["evaluation"]},
        "metrics": {
            "columns": {n: column for n, column in columns.items() if n not in TIMING_COLUMNS}
        },
    }
