"""``sweep``: makes the runs of a study, here, under one launcher, or as a Slurm array."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from dsage_mpi.cli.console import EXIT_CODES, Formatter, Parser, add_overrides, some_path
from dsage_mpi.config.errors import ConfigError
from dsage_mpi.core import exit_codes
from dsage_mpi.core.terminal import complain

if TYPE_CHECKING:
    from dsage_mpi.study.plan import PlannedRun, Study

#: With these only something is printed, or handed on: one rank is enough.
PRINTING = frozenset({"-h", "--help", "--dry-run", "--submit"})

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


def parser() -> argparse.ArgumentParser:
    """The parser of ``sweep``."""
    made = Parser(
        prog="dsage_mpi sweep",
        description="Makes the runs of a study: its rows (inputs, or methods) times its seeds.",
        epilog=EPILOG,
        formatter_class=Formatter,
        allow_abbrev=False,
    )
    made.add_argument("study", metavar="STUDY.toml", type=Path, help="the study")
    add_placement(made)
    add_overrides(made)
    made.add_argument(
        "--submit", action="store_true", help="make them as a Slurm job array instead of here"
    )
    made.add_argument(
        "--sbatch",
        metavar="=OPTION",
        action="append",
        default=[],
        help="with --submit: an option for sbatch, e.g. --sbatch=--time=12:00:00; repeatable",
    )
    made.add_argument(
        "--dry-run",
        action="store_true",
        help="make nothing: print the cost, with --submit also the script",
    )
    return made


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


def main(argv: list[str]) -> int:
    """Makes the runs; returns the exit code (under a launcher, the same on each rank)."""
    from dsage_mpi.farm.launch import open_world

    if not _with_ranks(argv):
        prepared = _prepare(argv)
        return prepared if isinstance(prepared, int) else _make(*prepared)
    world = open_world()
    code: int | None = None
    runs: list[PlannedRun] = []
    if world.is_root:
        prepared = _prepare(argv)
        if isinstance(prepared, int):
            code = prepared
        else:
            _, runs, _ = prepared
    if (code := world.bcast(code)) is not None:
        return int(code)
    from dsage_mpi.study.together import make_together

    return make_together(world, runs)


def _with_ranks(argv: list[str]) -> bool:
    """Whether all ranks of a launcher make each run together."""
    from dsage_mpi.farm.launch import detect_launch

    return detect_launch(os.environ) is not None and not PRINTING.intersection(argv)


def _prepare(argv: list[str]) -> tuple[Study, list[PlannedRun], argparse.Namespace] | int:
    """The study and its runs that are not done, or the exit code after saying why not."""
    try:
        arguments = parser().parse_args(argv)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else exit_codes.BAD_INPUT
    from dsage_mpi.cli.studies import prepare
    from dsage_mpi.study.plan import load_study

    prepared = prepare(
        lambda: load_study(arguments.study, arguments.study_dir, overrides=arguments.overrides),
        write=not arguments.dry_run,
    )
    return prepared if isinstance(prepared, int) else (*prepared, arguments)


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
