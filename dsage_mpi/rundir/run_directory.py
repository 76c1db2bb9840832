"""The folder that one run writes into, and the names of everything in it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dsage_mpi.core.atomic_files import atomic_write
from dsage_mpi.core.paths import Kind, kind_of, list_folder
from dsage_mpi.core.wording import option

#: Folder that numbered run directories are made in when the user names none.
RUNS_FOLDER = Path("runs")


#: Settings of a training (``train-agent``, ``train-generator``), in its folder from its start on.
TRAINING_SETTINGS = "settings.toml"


class RunDirectoryError(Exception):
    """A run directory cannot be made, opened or understood; the message says what to do."""


@dataclass(frozen=True)
class RunDirectory:
    """Paths of one run. Make one with :meth:`create`, :meth:`open` or :meth:`locate`.

    Attributes:
        path: The folder itself.
    """

    path: Path

    @property
    def config(self) -> Path:
        """Effective configuration, as a TOML file that can be run again."""
        return self.path / "config.toml"

    @property
    def versions(self) -> Path:
        """What software ran, where and when; one entry per start."""
        return self.path / "versions.json"

    @property
    def log(self) -> Path:
        """Log of rank 0."""
        return self.path / "log.txt"

    @property
    def logs(self) -> Path:
        """Folder of the other ranks' logs."""
        return self.path / "logs"

    def rank_log(self, rank: int) -> Path:
        """Log file of one rank: ``log.txt`` for rank 0, ``logs/rank-0003.log`` for rank 3."""
        return self.log if rank == 0 else self.logs / f"rank-{rank:04d}.log"

    @property
    def metrics(self) -> Path:
        """One row per outer iteration."""
        return self.path / "metrics.csv"

    @property
    def ranks(self) -> Path:
        """Busy and idle time, tasks and failures of every rank."""
        return self.path / "ranks.csv"

    @property
    def failures(self) -> Path:
        """One JSON object per failed evaluation."""
        return self.path / "failures.jsonl"

    @property
    def checkpoints(self) -> Path:
        """Folder of the checkpoints."""
        return self.path / "checkpoints"

    @property
    def journal(self) -> Path:
        """Evaluations that no checkpoint holds yet."""
        return self.path / "journal"

    @property
    def status(self) -> Path:
        """How far the run is, as JSON; replaced every few seconds."""
        return self.path / "status.json"

    @property
    def lock(self) -> Path:
        """Held by the program that writes here; says which one that is."""
        return self.path / "lock"

    @property
    def origin(self) -> Path:
        """Where a run goes on from that has nothing of its own yet; gone once it has."""
        return self.path / "origin.json"

    @property
    def archive_npz(self) -> Path:
        """Every elite with its level and solution."""
        return self.path / "archive.npz"

    @property
    def archive_csv(self) -> Path:
        """Every elite's numbers, for spreadsheets."""
        return self.path / "archive.csv"

    @property
    def figures(self) -> Path:
        """Folder of the pictures."""
        return self.path / "figures"

    @staticmethod
    def create(path: Path | None, stem: str) -> RunDirectory:
        """Makes a fresh run directory and claims it against other programs.

        Args:
            path: The folder that the user asked for; it may exist if it is empty. None takes
                the first free of ``runs/<stem>-0001``, ``runs/<stem>-0002``, ...
            stem: Name of the numbered folders, usually that of the input file.

        Raises:
            RunDirectoryError: The folder is in use or cannot be written.
        """
        try:
            made = RunDirectory(_make_numbered(stem) if path is None else _make_named(Path(path)))
            made.make_folders()
        except OSError as error:
            where = RUNS_FOLDER if path is None else path
            raise RunDirectoryError(
                f"cannot make a run directory at {where}: {error.strerror or error}. "
                f"Choose a writable folder with {option('run-dir')}."
            ) from error
        return made

    def make_folders(self) -> None:
        """Makes those of its folders that are not there.

        Raises:
            OSError: One cannot be made.
        """
        for folder in (self.checkpoints, self.logs, self.figures):
            folder.mkdir(exist_ok=True)

    @staticmethod
    def open(path: Path) -> RunDirectory:
        """Opens an existing run directory, for restart, inspect or plot.

        Raises:
            RunDirectoryError: There is no folder, or it is not that of a run.
        """
        path = Path(path)
        directory = RunDirectory(path)
        kind = look(path)
        if kind is None:
            raise RunDirectoryError(f"{path} does not exist; expected the folder of an earlier run")
        if kind != "folder":
            what = "not a folder" if kind == "file" else "neither a folder nor a regular file"
            raise RunDirectoryError(f"{path} is {what}; expected the folder of an earlier run")
        if look(directory.config) is None and look(directory.checkpoints) != "folder":
            raise RunDirectoryError(
                f"{path} does not look like a run directory: it has neither "
                f"{directory.config.name} nor {directory.checkpoints.name}/"
            )
        return directory

    @staticmethod
    def locate(path: Path) -> RunDirectory:
        """Opens the run directory ``path``, or the one whose checkpoint ``path`` is.

        Raises:
            RunDirectoryError: ``path`` is neither.
        """
        path = Path(path)
        if look(path) != "file":
            return RunDirectory.open(path)
        # A checkpoint may be a symbolic link into its folder, or lie there as a link elsewhere.
        for place in (path.absolute(), path.resolve()):
            if place.parent.name == "checkpoints":
                return RunDirectory.open(place.parent.parent)
        raise RunDirectoryError(
            f"{path} is a file outside a run directory's checkpoints/ folder; "
            "expected a run directory or one of its checkpoints. To go on from any checkpoint in a "
            f"new run directory, add {option('run-dir', 'NEW')} to {option('restart')}"
        )

    def write_config(self, toml: str) -> None:
        """Writes the effective configuration."""
        with atomic_write(self.config, "w") as file:
            file.write(toml)

    def write_versions(self, extra: Mapping[str, Any] | None = None) -> None:
        """Appends this start to ``versions.json`` (see :mod:`dsage_mpi.rundir.provenance`).

        Args:
            extra: Further JSON-able facts that the caller knows (ranks, device, seed, ...).
        """
        from dsage_mpi.rundir.provenance import record_start

        record_start(self.versions, extra)


def _make_numbered(stem: str) -> Path:
    """Makes the first free ``runs/<stem>-NNNN``; ``mkdir`` decides between racing programs."""
    RUNS_FOLDER.mkdir(parents=True, exist_ok=True)
    number = 1
    while True:
        path = RUNS_FOLDER / f"{stem}-{number:04d}"
        try:
            path.mkdir()
        except FileExistsError:
            number += 1
            continue
        RunDirectory(path).checkpoints.mkdir()
        return path


def _make_named(path: Path) -> Path:
    """Makes ``path`` or takes it over if it is an empty folder."""
    refuse_used(path)
    path.mkdir(parents=True, exist_ok=True)
    try:
        # Of two programs that both found the folder empty, only one can make this one.
        RunDirectory(path).checkpoints.mkdir()
    except FileExistsError:
        raise in_use(path) from None
    return path


def look(path: Path) -> Kind | None:
    """What is at a path of a run directory (see ``paths.kind_of``).

    Raises:
        RunDirectoryError: It cannot be told.
    """
    try:
        return kind_of(path)
    except OSError as error:
        raise RunDirectoryError(
            f"cannot look at {path}: {error.strerror or error}; its owner can let you "
            "(chmod -R go+rX on the run directory), or copy it for you"
        ) from error


def is_training(path: Path) -> bool:
    """Whether a folder is that of a training, which stands beside those of runs.

    Raises:
        RunDirectoryError: It cannot be looked into.
    """
    return look(path / TRAINING_SETTINGS) == "file" and look(RunDirectory(path).config) is None


def refuse_used(path: Path) -> None:
    """Refuses a folder for new results in which something is.

    Raises:
        RunDirectoryError: It is not empty, or no folder at all.
        OSError: It cannot be looked into.
    """
    kind = kind_of(path)
    if kind not in (None, "folder"):
        raise RunDirectoryError(
            f"{option('run-dir', path)} is a file; expected a folder or a new name"
        )
    if list_folder(path):
        raise in_use(path)


def never_begun(path: Path) -> bool:
    """Whether a run directory has only what a start leaves that was killed at once.

    Raises:
        RunDirectoryError: It cannot be looked into.
    """
    directory = RunDirectory(path)
    try:
        inside = [*list_folder(path), *list_folder(directory.logs), *list_folder(directory.figures)]
        inside += list_folder(directory.checkpoints)
    except OSError as error:
        raise RunDirectoryError(f"cannot look into {path}: {error.strerror or error}") from error
    expected = {directory.checkpoints, directory.logs, directory.figures}
    expected |= {directory.lock, directory.log, directory.origin}
    remains = re.compile(r"\..*\.(tmp|writing)")
    return look(directory.checkpoints) == "folder" and all(
        found in expected or remains.fullmatch(found.name) for found in inside
    )


def in_use(path: Path) -> RunDirectoryError:
    """What is said of a folder for new results in which something is."""
    return RunDirectoryError(
        f"{option('run-dir', path)} exists and is not empty. To continue what is in it use "
        f"{option('restart', path)}; to start anew choose a different {option('run-dir')}."
    )
