"""The folder of a study: how it is recognised, and which runs are in it."""

from __future__ import annotations

from pathlib import Path

from dsage_mpi.core.paths import kind_of, list_folder
from dsage_mpi.rundir.run_directory import RUNS_FOLDER, RunDirectory, never_begun

#: The study that a folder of runs belongs to, and one row's effective input, in that folder.
STUDY_FILE, ROW_INPUT = "study.toml", "input.toml"
_RUN = "seed-"


def run_name(seed: int) -> str:
    """Name of a run directory within its row's folder."""
    return f"{_RUN}{seed}"


def is_study(path: Path) -> bool:
    """Whether a path is the folder of a study."""
    try:
        return kind_of(path / STUDY_FILE) == "file"
    except OSError:
        return False


def folder_of(path: Path) -> Path:
    """Where the runs of a study are by default, for its file; any other path as it is."""
    return RUNS_FOLDER / path.stem if path.suffix == ".toml" else path


def runs_in(study: Path) -> list[Path]:
    """The run directories of a study in which a run has begun, by row and seed.

    Raises:
        OSError: A folder cannot be read.
    """
    rows = [path for path in list_folder(study) if kind_of(path / ROW_INPUT) == "file"]
    found = [run for row in rows for run in list_folder(row) if run.name.startswith(_RUN)]
    return [run for run in found if has_begun(run)]


def has_begun(run: Path) -> bool:
    """Whether there is something to go on from; a start that was killed at once left nothing.

    Raises:
        RunDirectoryError: Its folder cannot be looked into.
        OSError: Likewise.
    """
    return kind_of(RunDirectory(run).config) == "file" and not never_begun(run)
