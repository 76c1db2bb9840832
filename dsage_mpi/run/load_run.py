"""Finds and reads the run that a path names: a run directory, or one of its checkpoints."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dsage_mpi.archives import Archives, build_archives
from dsage_mpi.checkpoint.files import checkpoints, read_newest
from dsage_mpi.checkpoint.hdf5 import read_tree
from dsage_mpi.config.load import config_from_toml
from dsage_mpi.config.schema import Config
from dsage_mpi.core.state import CheckpointError, Tree
from dsage_mpi.core.wording import option
from dsage_mpi.report.export import ArchiveTable
from dsage_mpi.run.absent import stand_in_for_absent
from dsage_mpi.run.restart_parts import missing, told
from dsage_mpi.rundir.metric_columns import columns_of
from dsage_mpi.rundir.run_directory import RunDirectory, RunDirectoryError, look


@dataclass(frozen=True)
class Stored:
    """A checkpoint that was read, and the run that it belongs to.

    Attributes:
        checkpoint: The file.
        tree: Its contents.
        directory: The run directory; None for a checkpoint that lies elsewhere.
    """

    checkpoint: Path
    tree: Tree
    directory: RunDirectory | None

    @property
    def config(self) -> str:
        """TOML text of the run's effective configuration."""
        return str(self.tree["config"])

    def load_config(self) -> Config:
        """The run's effective configuration, also where its components are not importable.

        Raises:
            ConfigError: This version cannot read it any more.
        """
        stand_in_for_absent(self.tree)
        return config_from_toml(self.config, str(self.checkpoint))

    def rows(self) -> list[dict[str, int | float | None]]:
        """The metrics, one dict per outer iteration; None where there is no value."""
        stored = self.tree["metrics"]["columns"]
        # HDF5 gives them in the order of the alphabet; people get that of metrics.csv.
        names = [column.name for column in columns_of(self.tree["names"]["measures"])]
        order = [*(n for n in names if n in stored), *(n for n in stored if n not in names)]
        columns = {name: np.atleast_1d(stored[name]) for name in order}
        count = len(columns["iteration"])
        return [
            {name: _number(column[i]) for name, column in columns.items()} for i in range(count)
        ]

    def archives(self, config: Config) -> Archives:
        """What makes archives with the run's cells."""
        return build_archives(config.archive, config.seed, self.tree)

    def table(self, config: Config, metadata_names: Sequence[str] = ()) -> ArchiveTable:
        """The archive as plain arrays."""
        elites: dict[str, Any] = {n: np.asarray(a) for n, a in self.tree["archive"].items()}
        order = np.argsort(elites["index"], kind="stable")
        archives = self.archives(config)
        low, high = archives.ranges
        centroids = archives.centroids
        return ArchiveTable(
            dims=np.array(archives.dims, dtype=np.int64),
            centroids=np.empty((0, len(low))) if centroids is None else centroids,
            lower_bounds=low,
            upper_bounds=high,
            measure_names=config.archive.measures,
            metadata_names=tuple(metadata_names),
            **{name: column[order] for name, column in elites.items()},
        )


def _number(value: Any) -> int | float | None:
    """A stored metric: -1 and NaN stand for "no value" (see ``rundir.metrics``)."""
    if isinstance(value, np.integer):
        return None if value < 0 else int(value)
    return None if np.isnan(value) else float(value)


def find_stored(path: Path, lacks: Callable[[Tree], list[str]] = missing) -> Stored:
    """Reads the checkpoint ``path``, or the newest valid one of the run directory ``path``.

    Args:
        path: Where to look.
        lacks: Says what a checkpoint lacks of what it is read for, one line each.

    Raises:
        RunDirectoryError: There is nothing at ``path``, or it is no run directory.
        CheckpointError: The checkpoint, or every one in the run directory, is unusable.
    """

    def check(checkpoint: Path, tree: Tree) -> None:
        if lines := lacks(tree):
            raise CheckpointError(
                f"{checkpoint} is no whole checkpoint of a dsage_mpi run: {told(lines)}"
            )

    if look(path) != "file":
        directory = RunDirectory.open(path)
        return Stored(*read_newest(directory.path, check), directory)
    tree = read_tree(path)
    check(path, tree)
    try:
        return Stored(path, tree, RunDirectory.locate(path))
    except RunDirectoryError:
        return Stored(path, tree, None)


def find_unsaved(path: Path) -> RunDirectory | None:
    """The run directory ``path`` if its run ended before its first checkpoint, else None.

    Such a run is started again from its effective configuration, to the same result.

    Raises:
        RunDirectoryError: There is nothing at ``path``, it is no run directory, or its run has
            ended and lost its checkpoints.
    """
    if look(path) == "file":
        return None
    directory = RunDirectory.open(path)
    if look(directory.config) != "file" or checkpoints(directory.path):
        return None
    if look(directory.archive_npz) is not None:
        raise RunDirectoryError(
            f"the run in {path} has ended ({directory.archive_npz.name} is there), but all its "
            f"checkpoints are gone: there is nothing to go on from. To run it again: start "
            f"{directory.config} with {option('run-dir', 'NEW')}"
        )
    return directory
