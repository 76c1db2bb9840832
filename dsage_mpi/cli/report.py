"""``report``: one HTML file about runs, to open in a browser and to send."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

from dsage_mpi.cli.console import EXIT_CODES, Parser, describe, some_path
from dsage_mpi.core import exit_codes
from dsage_mpi.core.terminal import complain

EPILOG = f"""examples:
  python -m dsage_mpi report runs/maze-0001                      writes runs/maze-0001/report.html
  python -m dsage_mpi report runs/maze-000* --output mazes.html  several runs in one file
  python -m dsage_mpi report inputs/studies/maze_small.toml      all runs of a study
  python -m dsage_mpi report runs/maze-0001 --follow             while it runs: see docs/report.md

{EXIT_CODES}
"""


def configure(parser: Parser) -> None:
    """Adds description and arguments of ``report``."""
    describe(
        parser,
        "Writes one HTML file about runs, finished or not: scores, the archive with its history, "
        "every level with what the agent did in it, the surrogate's errors, times, failures, "
        "settings. It needs no server and no network.",
        EPILOG,
    )
    parser.add_argument(
        "runs",
        nargs="+",
        type=Path,
        metavar="RUN",
        help="a run directory, one checkpoint, a folder of run directories, or a study's file",
    )
    parser.add_argument(
        "--output",
        type=some_path,
        metavar="FILE.html",
        help="default: report.html in the run directory or folder; needed for several of them",
    )
    parser.add_argument(
        "--follow",
        action="store_true",
        help="write it again whenever a run has a new checkpoint, until none is running; the page "
        "loads itself again meanwhile",
    )
    parser.add_argument(
        "--every",
        type=float,
        default=10.0,
        metavar="SECONDS",
        help="with --follow: how often to look (default 10)",
    )
    parser.add_argument(
        "--paths",
        type=int,
        default=48,
        metavar="N",
        help="elites of which the agent's way is played again (default 48; mazes only)",
    )
    parser.add_argument(
        "--no-predictions",
        action="store_true",
        help="do not ask the surrogate about the archive's levels",
    )


def main(arguments: argparse.Namespace) -> int:
    """Writes the page; returns the exit code."""
    if arguments.paths < 0:
        arguments.error(f"--paths {arguments.paths}: expected 0 or more")
    if not 0.1 <= arguments.every <= 86400:
        arguments.error(f"--every {arguments.every}: expected 0.1 to 86400 seconds")
    from dsage_mpi.study.folder import folder_of

    paths = [folder_of(path) for path in arguments.runs]
    runs = _expanded(paths)
    if arguments.output is None and len(paths) > 1:
        arguments.error("--output is missing: where to write a page about several runs?")
    output = arguments.output or _default_output(paths[0])
    from dsage_mpi.config.load import ConfigError
    from dsage_mpi.core.domain import DomainError
    from dsage_mpi.core.state import CheckpointError
    from dsage_mpi.rundir.run_directory import RunDirectoryError

    try:
        _write(runs, output, arguments)
    except (ConfigError, CheckpointError, RunDirectoryError, DomainError) as error:
        complain(error)
        return exit_codes.BAD_INPUT
    except OSError as error:
        complain(f"cannot write {output}: {error.strerror or error}; choose another --output")
        return exit_codes.FAILED
    return exit_codes.DONE


def page_of(folder: Path) -> int:
    """Writes ``report.html`` about all runs below ``folder``; returns the exit code."""
    return main(
        argparse.Namespace(
            runs=[folder],
            output=folder / "report.html",
            follow=False,
            every=10.0,
            paths=0,
            no_predictions=False,
        )
    )


def _expanded(paths: Sequence[Path]) -> list[Path]:
    """Run directories and checkpoints; a folder of run directories stands for those in it."""
    found: list[Path] = []
    for path in paths:
        inside = sorted(
            found.parent for depth in ("*", "*/*") for found in path.glob(f"{depth}/config.toml")
        )
        found += inside if inside and not (path / "config.toml").exists() else [path]
    return found


def _default_output(run: Path) -> Path:
    return run / "report.html" if run.is_dir() else run.with_suffix(".html")


def _write(runs: Sequence[Path], output: Path, arguments: argparse.Namespace) -> None:
    """Writes the page, and goes on for as long as that is asked for and a run is under way."""
    from dsage_mpi.api.pages import page_runs
    from dsage_mpi.core.state import CheckpointError
    from dsage_mpi.report.page.content import Limits
    from dsage_mpi.report.page.document import write_page

    limits, seen = Limits(paths=arguments.paths), None
    while True:
        now = [_stamp(run) for run in runs]
        if now != seen:
            try:
                gathered = page_runs(runs, not arguments.no_predictions)
            except CheckpointError:
                if not (arguments.follow and any(live for _, live in now)):
                    raise
                gathered = []  # its first checkpoint is still to come
            live = arguments.follow and any(run.live for run in gathered)
            if gathered:
                size = write_page(output, gathered, limits, arguments.every if live else 0.0)
                print(f"{output} ({size / 1e6:.1f} MB)", flush=True)
                if not live:
                    return
                seen = now
        time.sleep(arguments.every)


def _stamp(run: Path) -> tuple[tuple[str, int], bool]:
    """The newest checkpoint with its time, and whether a program works on the run."""
    from dsage_mpi.checkpoint.files import checkpoints
    from dsage_mpi.rundir.lock import is_held
    from dsage_mpi.rundir.run_directory import RunDirectory, RunDirectoryError

    try:
        directory = RunDirectory.locate(run)
        newest = checkpoints(directory.path)[-1:]
        stamp = [(path.name, path.stat().st_mtime_ns) for path in newest]
        return (*stamp, ("", 0))[0], is_held(directory)
    except (RunDirectoryError, FileNotFoundError):  # a checkpoint that lies alone, or just went
        return ("", 0), False
