"""``reproduce``: the paper's main table, at any part of its cost, in one command."""

from __future__ import annotations

import argparse
from pathlib import Path

from dsage_mpi.cli.console import EXIT_CODES, Parser, add_overrides, describe
from dsage_mpi.cli.sweep import add_placement, whole_number
from dsage_mpi.core import exit_codes

#: What can be reproduced -> its study, in inputs/studies.
STUDIES = {"maze": "maze_main.toml", "mario": "mario_main.toml"}
#: Up to this scale nothing is said about methods.
_NO_ORDER = 0.01
_ALL_ALIKE = (
    "Note: at so small a scale this shows that all parts work, and no more: nearly every level "
    "is new to the archive, so that all methods score alike."
)

EPILOG = f"""examples:
  python -m dsage_mpi reproduce maze --scale 0.01 --dry-run
  python -m dsage_mpi reproduce maze --scale 0.1 --seeds 3 --jobs 4
  python -m dsage_mpi reproduce maze --set domain.agent=PATH/accel_seed_1_model_20000.tar

A scale below 1 makes fewer evaluations, and each part of the search cheaper (docs/experiments.md):
it shows that the pipeline works, and from 0.1 on maybe the order of the methods, not the published
numbers. At scale 1 the settings are the published ones; sweep with --submit makes the same runs on
a cluster.

{EXIT_CODES}
"""


def configure(parser: Parser) -> None:
    """Adds description and arguments of ``reproduce``."""
    describe(
        parser,
        "Makes the runs of the paper's main table, says first what they cost, and compares them "
        "with what is published.",
        EPILOG,
    )
    parser.add_argument("domain", choices=STUDIES, help="whose table")
    parser.add_argument(
        "--scale", type=_share, default=1.0, metavar="S", help="part of the cost, 0.001 to 1"
    )
    parser.add_argument(
        "--seeds", type=whole_number, metavar="N", help="make the first N seeds alone"
    )
    add_placement(parser)
    add_overrides(parser.add_argument)
    parser.add_argument("--dry-run", action="store_true", help="print the cost, make nothing")


def _share(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0.001 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text!r}: expected a number from 0.001 to 1")
    return value


def main(arguments: argparse.Namespace) -> int:
    """Sweeps, compares and writes the page of all runs; returns the exit code."""
    from dsage_mpi.cli.compare import compare
    from dsage_mpi.cli.init import source_folder
    from dsage_mpi.cli.report import page_of
    from dsage_mpi.cli.studies import make_here, placement_of, prepare
    from dsage_mpi.rundir.run_directory import RUNS_FOLDER
    from dsage_mpi.study.plan import load_study

    file = source_folder() / "inputs" / "studies" / STUDIES[arguments.domain]
    folder: Path = arguments.study_dir or RUNS_FOLDER / (
        f"reproduce_{arguments.domain}_{arguments.scale:g}"
    )
    prepared = prepare(
        lambda: load_study(
            file,
            folder,
            overrides=arguments.overrides,
            scale=arguments.scale,
            seeds=arguments.seeds,
        ),
        write=not arguments.dry_run,
    )
    if isinstance(prepared, int):
        return prepared
    if arguments.scale <= _NO_ORDER:
        print(_ALL_ALIKE)
    code = make_here(*prepared, placement_of(arguments), arguments.dry_run)
    if arguments.dry_run or code not in (exit_codes.DONE, exit_codes.FAILED):
        return code
    return code or compare([folder], None) or page_of(folder)
