"""``compare``: tables, tests and figures of a study, or of any runs."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING

from dsage_mpi.cli.console import EXIT_CODES, Parser, describe, some_path
from dsage_mpi.core import exit_codes
from dsage_mpi.core.terminal import complain

if TYPE_CHECKING:
    from dsage_mpi.study.comparison import Comparison

_FOLDER = "comparison"

EPILOG = f"""examples:
  python -m dsage_mpi compare runs/maze_small                   a study: the folder of its runs
  python -m dsage_mpi compare runs/maze-0001 runs/maze-0002 --output comparison
  python -m dsage_mpi compare runs/maze_small --target 500      what it took to reach that QD-score

written: comparison.md (also printed), comparison.html, comparison.tex (booktabs), scores.csv (every
run), pairs.csv, overall.csv, factorial.csv (every test), curves.png, objectives.png, archives.png.
What each number means: docs/experiments.md.

{EXIT_CODES}
"""


def configure(parser: Parser) -> None:
    """Adds description and arguments of ``compare``."""
    describe(
        parser,
        "Compares the rows of a study, or runs: those that differ in nothing but the seed are one "
        "row.",
        EPILOG,
    )
    parser.add_argument(
        "paths",
        metavar="STUDY_DIR|STUDY.toml|RUN_DIR",
        type=Path,
        nargs="+",
        help="one study, or runs",
    )
    parser.add_argument(
        "--output",
        metavar="DIR",
        type=some_path,
        help=f"where to write (default: {_FOLDER}/ in the study's folder, or here)",
    )
    parser.add_argument(
        "--target",
        metavar="QD_SCORE",
        type=_score,
        help="QD-score that is to be reached, instead of the study's",
    )


def _score(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"{text!r}: expected a number")
    return value


def main(arguments: argparse.Namespace) -> int:
    """Compares; returns the exit code."""
    return compare(arguments.paths, arguments.output, arguments.target)


def compare(paths: list[Path], output: Path | None, target: float | None = None) -> int:
    """Writes and prints the comparison; returns the exit code."""
    from dsage_mpi.config.errors import ConfigError
    from dsage_mpi.core.state import CheckpointError
    from dsage_mpi.rundir.run_directory import RunDirectoryError
    from dsage_mpi.study.compare import as_markdown, sections, write_comparison
    from dsage_mpi.study.folder import folder_of

    for path in paths:
        if not_run := _unknown_study(path, folder_of(path)):
            complain(not_run)
            return exit_codes.BAD_INPUT
    paths = [folder_of(path) for path in paths]
    try:
        comparison = _read(paths, target)
    except (ConfigError, CheckpointError, RunDirectoryError) as error:
        complain(error)
        return exit_codes.BAD_INPUT
    folder = output or (paths[0] / _FOLDER if len(paths) == 1 else Path(_FOLDER))
    try:
        written = write_comparison(comparison, folder)
    except OSError as error:
        complain(f"cannot write into {folder}: {error.strerror or error}; choose another --output")
        return exit_codes.FAILED
    print(as_markdown(comparison, sections(comparison)))
    print("\n".join(map(str, written)))
    return exit_codes.DONE


def _unknown_study(path: Path, folder: Path) -> str:
    """What to say of a file whose runs are nowhere; empty if they are there, or it is none."""
    if folder == path or folder.exists():
        return ""
    if not path.is_file():
        return f"{path} does not exist; expected a study's file, its folder or runs"
    return (
        f"{path}: no study of that name has run here ({folder} does not exist). Name the folder of "
        "its runs, or run it first: python -m dsage_mpi sweep STUDY.toml"
    )


def _read(paths: list[Path], target: float | None) -> Comparison:
    from dsage_mpi.rundir.run_directory import RunDirectoryError
    from dsage_mpi.study.comparison import compare_runs, compare_study
    from dsage_mpi.study.folder import is_study
    from dsage_mpi.study.plan import open_study

    studies = [path for path in paths if is_study(path)]
    if not studies:
        return compare_runs(paths, target)
    if len(paths) > 1:
        raise RunDirectoryError(f"{studies[0]} is a study: compare it alone, or runs")
    return compare_study(open_study(paths[0]), target)
