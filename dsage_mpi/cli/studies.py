"""What the commands that make the runs of a study have in common: ``sweep``, ``reproduce``."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Sequence

from dsage_mpi.config.errors import ConfigError
from dsage_mpi.core import exit_codes
from dsage_mpi.core.terminal import complain
from dsage_mpi.rundir.run_directory import RunDirectoryError
from dsage_mpi.study.cost import cost_lines
from dsage_mpi.study.placement import Placement
from dsage_mpi.study.plan import PlannedRun, Study
from dsage_mpi.study.states import check_unchanged, unfinished
from dsage_mpi.study.sweep import Sweep


def prepare(load: Callable[[], Study], write: bool) -> tuple[Study, list[PlannedRun]] | int:
    """The study and its runs that are not done, or the exit code after saying what is wrong.

    Args:
        load: Reads the study.
        write: Whether to make its folder.
    """
    try:
        study = load()
        check_unchanged(study)
        if write:
            study.write()
        return study, unfinished(study)
    except (ConfigError, RunDirectoryError) as error:
        complain(error)
    except (OSError, UnicodeDecodeError) as error:
        complain(f"cannot read the study's runs: {error}")
    return exit_codes.BAD_INPUT


def placement_of(arguments: argparse.Namespace) -> Placement:
    """Where the arguments of ``add_placement`` want the runs to be made."""
    cores = arguments.cores or tuple(sorted(os.sched_getaffinity(0)))
    return Placement(
        jobs=arguments.jobs,
        ranks=arguments.ranks or 1,
        cores=arguments.cores,
        threads=max(1, len(cores) // arguments.jobs),
    )


def announce(study: Study, left: Sequence[PlannedRun], placement: Placement) -> None:
    """Says which runs of a study are to be made, and what they cost."""
    done = len(study.runs) - len(left)
    print(f"study {study.directory}: {len(study.runs)} runs, {done} done", flush=True)
    if left:
        print("\n".join(cost_lines(left, placement)), flush=True)


def make_here(study: Study, left: Sequence[PlannedRun], placement: Placement, dry_run: bool) -> int:
    """Says what is to be made and what that costs, and makes it on this machine."""
    announce(study, left, placement)
    if dry_run or not left:
        return exit_codes.DONE
    code = Sweep(left, placement, lambda line: print(line, flush=True)).work()
    if code == exit_codes.DONE:
        print(f"all done; what came out: dsage_mpi compare {study.directory}", flush=True)
    else:
        print(f"not all are done; to go on: the same command (status {study.directory})")
    return code
