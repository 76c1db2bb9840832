"""``cancel``: asks running runs to stop cleanly."""

from __future__ import annotations

import argparse
import math
import os
import time
from pathlib import Path

from dsage_mpi.cli.console import EXIT_CODES, Parser, describe
from dsage_mpi.cli.run_selection import find_runs
from dsage_mpi.core import exit_codes
from dsage_mpi.core.paths import open_for_appending
from dsage_mpi.core.terminal import complain
from dsage_mpi.run.stop import STOP_FILE
from dsage_mpi.rundir.lock import is_held
from dsage_mpi.rundir.run_directory import RunDirectory
from dsage_mpi.rundir.status import read_status

EPILOG = f"""examples:
  python -m dsage_mpi cancel runs/maze-0001
  python -m dsage_mpi cancel --wait 60 runs/*

The run saves itself and ends with exit code 3; --restart RUN_DIR goes on. The job scripts under
jobs/ do not put a job back into the queue that was stopped this way.

{EXIT_CODES}
"""
_LOOK_SECONDS = 0.2


def configure(parser: Parser) -> None:
    """Adds description and arguments of ``cancel``."""
    describe(
        parser,
        f"Stops runs cleanly, by a file {STOP_FILE} in their folders.",
        EPILOG,
    )
    parser.add_argument("runs", metavar="RUN_DIR", type=Path, nargs="+", help="run directories")
    parser.add_argument(
        "--wait",
        metavar="SECONDS",
        type=_seconds,
        default=0.0,
        help="wait so long for them to end; exit code 1 if one has not",
    )


def main(arguments: argparse.Namespace) -> int:
    """Asks; returns the exit code."""
    asked = []
    runs, code = find_runs(arguments.runs)
    for path, directory in runs:
        if not is_held(directory):
            print(f"{path}: not running{_in_queue(directory)}")
            continue
        try:
            _touch(directory.path / STOP_FILE)
        except OSError as error:
            complain(f"cannot write {directory.path / STOP_FILE}: {error.strerror or error}")
            code = exit_codes.BAD_INPUT
            continue
        asked.append(directory)
        print(f"{path}: asked to stop")
    return code or _wait(asked, arguments.wait)


def _touch(path: Path) -> None:
    file = open_for_appending(path)
    try:
        os.utime(file)  # one that is there already asks again
    finally:
        os.close(file)


def _seconds(text: str) -> float:
    """A length of time (as ``type`` of an argument)."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not value >= 0:  # NaN is neither more nor less
        raise argparse.ArgumentTypeError(f"{text!r}: expected a number of seconds, 0 or more")
    return value


def _in_queue(directory: RunDirectory) -> str:
    job = read_status(directory.status).get("job_id")
    return f"; if it waits in the queue: scancel {job}" if job else ""


def _wait(runs: list[RunDirectory], seconds: float) -> int:
    deadline = time.monotonic() + seconds
    while seconds > 0 and (runs := [run for run in runs if is_held(run)]):
        if time.monotonic() > deadline:
            for run in runs:
                complain(f"{run.path} is still running after {seconds:g} s")
            return exit_codes.FAILED
        time.sleep(_LOOK_SECONDS)
    return exit_codes.DONE
