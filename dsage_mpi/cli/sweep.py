"""``sweep``: makes the runs of a study, here, under one launcher, or as a Slurm array."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from dsage_mpi.cli.console import EXIT_CODES, Parser, add_overrides, describe, some_path
from dsage_mpi.config.errors import ConfigError
from dsage_mpi.core import exit_codes
from dsage_mpi.core.terminal import complain

if TYPE_CHECKING:
    from dsage_mpi.study.plan import PlannedRun, Study

EPILOG = f"""examples:
  python -m dsage_mpi sweep inputs/studies/maze_small.toml --dry-run    what it would cost
  python -m dsage_mpi sweep inputs/studies/maze_small.toml              one run after another
  python -m dsage_mpi sweep STUDY.toml --jobs 4 --ranks 8               four at once, 8 ranks each
  mpirun -n 64 python -m dsage_mpi sweep STUDY.toml                     all ranks for one at a time
  python -m dsage_mpi sweep STUDY.toml --submit --sbatch=--time=12:00:00
                                                     a Slurm array (jobs/dsage_study.slurm)

The runs are ordinary run directories, STUDY_DIR/ROW/seed-N. What is done is skipped, what was
stopped or killed goes on: the same command again after anything. `status STUDY_DIR` shows how far
all are, `compare STUDY_DIR` what came out (docs/experiments.md).

{EXIT_CODES}
"""


def configure(parser: Parser) -> None:
    """Adds description and arguments of ``sweep``."""
    describe(
        parser,
        "Makes the runs of a study: its rows (inputs, or methods) times its seeds.",
        EPILOG,
    )
    parser.add_argument("study", metavar="STUDY.toml", type=Path, help="the study")
    add_placement(parser)
    add_overrides(parser.add_argument)
    parser.add_argument(
        "--submit", action="store_true", help="make them as a Slurm job array instead of here"
    )
    parser.add_argument(
        "--sbatch",
        metavar="OPTION",
        action="append",
        default=[],
        help="with --submit: an option for sbatch, e.g. --sbatch=--time=12:00:00; repeatable",
    )
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="make nothing: print the cost, with --submit also the script",
    )


def add_placement(made: argparse.ArgumentParser) -> None:
    """Adds where and how a study's runs are made."""
    made.add_argument(
        "--study-dir",
        metavar="DIR",
        type=some_path,
        help="where its runs live (default: runs/ and the study's name)",
    )
    made.add_argument("--jobs", metavar="N", type=whole_number, default=1, help="runs at once")
    made.add_argument("--ranks", metavar="N", type=whole_number, help="ranks of each, by mpirun")
    made.add_argument(
        "--cores",
        metavar="LIST",
        type=_cores,
        help="bind the runs to these cores, e.g. 0-7,16: each of the runs at once has its share",
    )


def whole_number(text: str) -> int:
    """A number of 1 or more (as ``type`` of an argument)."""
    if text.isdecimal() and 0 < int(text) < 10**6:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r}: expected a whole number of 1 or more")


def _cores(text: str) -> tuple[int, ...]:
    """Numbers of cores in ``0-3,7``."""
    found: list[int] = []
    for part in text.split(","):
        first, dash, last = part.partition("-")
        if not first.isdecimal() or (dash and not last.isdecimal()) or int(last or first) > 10**6:
            raise argparse.ArgumentTypeError(f"{text!r}: expected cores as in 0-3,7")
        found += range(int(first), int(last or first) + 1)
    allowed = os.sched_getaffinity(0)
    if not found or not allowed.issuperset(found):
        raise argparse.ArgumentTypeError(
            f"{text!r}: expected cores that this process may use: "
            f"{', '.join(map(str, sorted(allowed)))}"
        )
    return tuple(dict.fromkeys(found))


def main(arguments: argparse.Namespace) -> int:
    """Prints the cost, or submits; returns the exit code."""
    prepared = _prepare(arguments)
    return prepared if isinstance(prepared, int) else _make(*prepared, arguments)


def main_on_all_ranks(parse: Callable[[], argparse.Namespace]) -> int:
    """Makes the runs; returns the exit code, the same on all ranks.

    Without a launcher, every run is a program of its own.

    Args:
        parse: Returns the arguments, or ends the program with a message.
    """
    from dsage_mpi.cli.studies import announce
    from dsage_mpi.farm.launch import detect_launch, open_world
    from dsage_mpi.study.placement import Placement

    if detect_launch(os.environ) is None:
        return main(parse())
    world = open_world()
    runs: list[PlannedRun] = []
    code: int | None = None
    if world.is_root:
        try:
            prepared = _prepare(parse())
        except SystemExit as stop:
            prepared = stop.code if isinstance(stop.code, int) else exit_codes.BAD_INPUT
        if isinstance(prepared, int):
            code = prepared
        else:
            study, runs = prepared
            announce(study, runs, Placement(ranks=world.size))
    if (code := world.bcast(code)) is not None:
        return int(code)
    from dsage_mpi.study.together import make_together

    return make_together(world, runs)


def _prepare(arguments: argparse.Namespace) -> tuple[Study, list[PlannedRun]] | int:
    """The study and its runs that are not done, or the exit code after saying why not."""
    from dsage_mpi.cli.studies import prepare
    from dsage_mpi.study.plan import load_study

    return prepare(
        lambda: load_study(arguments.study, arguments.study_dir, overrides=arguments.overrides),
        write=not arguments.dry_run,
    )


def _make(study: Study, left: list[PlannedRun], arguments: argparse.Namespace) -> int:
    from dsage_mpi.cli.studies import make_here, placement_of

    if arguments.submit:
        return _submit(study, left, arguments)
    return make_here(study, left, placement_of(arguments), arguments.dry_run)


def _submit(study: Study, left: list[PlannedRun], arguments: argparse.Namespace) -> int:
    from dsage_mpi.cli.planned_job import job_of_options
    from dsage_mpi.study.cost import job_lines
    from dsage_mpi.study.slurm_array import SubmitError, plan_array, submit

    if not left:
        print(f"all {len(study.runs)} runs in {study.directory} are done")
        return exit_codes.DONE
    try:
        array = plan_array(study, left, arguments.ranks, arguments.sbatch)
        threads, restarts = map(array.variable, ("surrogate_threads", "most_restarts"))
        job = job_of_options(array.options, threads, restarts)
        print("\n".join(job_lines(left, job)))
        print(array if arguments.dry_run else submit(array))
    except (SubmitError, ConfigError) as error:
        complain(error)
        return exit_codes.BAD_INPUT
    return exit_codes.DONE
