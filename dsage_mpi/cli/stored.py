"""Finding what RUN_DIR|CHECKPOINT on the command line means."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dsage_mpi.checkpoint.files import read_newest
from dsage_mpi.checkpoint.hdf5 import read_tree
from dsage_mpi.checkpoint.tree import CheckpointError, Tree
from dsage_mpi.report.run_directory import RunDirectory, RunDirectoryError


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


def find_stored(path: Path) -> Stored:
    """Reads the checkpoint ``path``, or the newest valid one of the run directory ``path``.

    Raises:
        RunDirectoryError: There is nothing at ``path``, or it is no run directory.
        CheckpointError: The checkpoint, or every one in the run directory, is unusable.
    """
    if path.is_file():
        checkpoint, tree = path, read_tree(path)
        try:
            directory = RunDirectory.locate(path)
        except RunDirectoryError:
            directory = None
    else:
        directory = RunDirectory.open(path)
        checkpoint, tree = read_newest(directory.path)
    if missing := {"config", "counters", "archive", "record"} - tree.keys():
        raise CheckpointError(
            f"{checkpoint} is no checkpoint of a dsage_mpi run: it has no {', '.join(missing)}"
        )
    return Stored(checkpoint, tree, directory)
