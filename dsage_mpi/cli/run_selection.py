"""What ``runs/*`` on the command line means: many runs, and maybe trainings among them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dsage_mpi.core import exit_codes
from dsage_mpi.core.terminal import complain
from dsage_mpi.rundir.run_directory import RunDirectory, RunDirectoryError, is_training
from dsage_mpi.study.folder import is_study, runs_in


def find_runs(paths: Sequence[Path]) -> tuple[list[tuple[Path, RunDirectory]], int]:
    """Opens run directories, of a study's folder all in it; says which paths are none.

    Returns:
        (path as it was given, run directory) of each run; and the exit code so far: trainings
        beside runs are no mistake.
    """
    runs, trainings, code = [], [], exit_codes.DONE
    for path in paths:
        try:
            if is_study(path):
                runs += [(run, RunDirectory.locate(run)) for run in runs_in(path)]
            elif is_training(path):
                trainings.append(path)
            else:
                runs.append((path, RunDirectory.locate(path)))
        except RunDirectoryError as error:
            complain(error)
            code = exit_codes.BAD_INPUT
    if trainings:
        complain(_skipped(trainings))
    return runs, code if runs else exit_codes.BAD_INPUT


def _skipped(trainings: list[Path]) -> str:
    count = len(trainings) - 1
    what = f" and {count} more are folders of trainings" if count else " is a training's folder"
    return (
        f"{trainings[0]}{what}, left out: learning_curve.csv in it says how far one is, Ctrl-C or "
        "SIGTERM stops it, saved"
    )
