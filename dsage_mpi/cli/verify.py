"""``verify``: are these checkpoints whole?"""

from __future__ import annotations

import argparse
from pathlib import Path

from dsage_mpi import exit_codes
from dsage_mpi.cli.console import Formatter
from dsage_mpi.report.terminal import complain

EPILOG = """examples:
  python -m dsage_mpi verify runs/maze-0001                    all checkpoints of a run
  python -m dsage_mpi verify runs/maze-0001/checkpoints/checkpoint-000012.h5

exit codes:
  0  every checkpoint is whole
  1  at least one is damaged; one line for each problem
  2  there is nothing to verify
  4  what was to be printed could not be written"""


def parser() -> argparse.ArgumentParser:
    """The parser of ``verify``."""
    made = argparse.ArgumentParser(
        prog="dsage_mpi verify",
        description="Reads checkpoints to the last byte, compares every checksum, and looks "
        "whether record, archive and counters agree.",
        epilog=EPILOG,
        formatter_class=Formatter,
        allow_abbrev=False,
    )
    made.add_argument(
        "runs", metavar="RUN_DIR|CHECKPOINT", type=Path, nargs="+", help="what to verify"
    )
    return made


def main(argv: list[str]) -> int:
    """Prints a line per problem and per whole file; returns the exit code."""
    arguments = parser().parse_args(argv)
    from dsage_mpi.checkpoint.files import checkpoints
    from dsage_mpi.report.run_directory import RunDirectory, RunDirectoryError

    paths: list[Path] = []
    for path in arguments.runs:
        try:
            found = [path] if path.is_file() else checkpoints(RunDirectory.open(path).path)
        except RunDirectoryError as error:
            complain(error)
            return exit_codes.BAD_INPUT
        if not found:
            complain(f"{path} has no checkpoints")
            return exit_codes.BAD_INPUT
        paths += found
    damaged = [path for path in paths if not _is_whole(path)]
    return exit_codes.FAILED if damaged else exit_codes.DONE


def _is_whole(path: Path) -> bool:
    from dsage_mpi.checkpoint.hdf5 import read_tree
    from dsage_mpi.checkpoint.verify import problems
    from dsage_mpi.outer.consistency import inconsistencies

    lines = problems(path)
    tree = {} if lines else read_tree(path)
    lines += [] if lines else [f"{path}: {line}" for line in inconsistencies(tree)]
    for line in lines:
        print(line)
    if not lines:
        size, count = path.stat().st_size / 1e6, tree["counters"]["evaluations"]
        print(f"{path}: whole, {size:.1f} MB, after {count} evaluations")
    return not lines
