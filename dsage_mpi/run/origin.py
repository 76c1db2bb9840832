"""The first checkpoint of a run directory that goes on from another's checkpoint."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dsage_mpi.checkpoint.files import checkpoint_path
from dsage_mpi.checkpoint.hdf5 import read_attributes, write_tree
from dsage_mpi.config.load import config_hash
from dsage_mpi.config.toml_writer import to_toml
from dsage_mpi.core.state import Tree
from dsage_mpi.run.checkpoint_about import ABOUT

if TYPE_CHECKING:
    from dsage_mpi.config.schema import Config
    from dsage_mpi.rundir.run_directory import RunDirectory

#: Attributes that whoever writes the file sets.
_OF_THE_FILE = ("format", "schema", "complete")


def take_along(directory: RunDirectory, checkpoint: Path, tree: Tree, config: Config) -> Path:
    """Copies a checkpoint into a fresh run directory, with the configuration that holds there.

    To be called before the directory gets its ``config.toml``: killed in between, a restart finds
    the copy or nothing that it could begin with, but never a run that seems not to have begun.

    Args:
        directory: The fresh run directory.
        checkpoint: Where the run comes from.
        tree: The checkpoint's contents.
        config: Its configuration with the changes of this restart.

    Returns:
        The copy.

    Raises:
        CheckpointError: It cannot be written.
    """
    attributes = {
        name: value
        for name, value in read_attributes(checkpoint).items()
        if name not in _OF_THE_FILE
    }
    copy = checkpoint_path(directory.path, int(tree["counters"]["iteration"]))
    write_tree(
        copy,
        {**tree, "config": to_toml(config)},
        {**attributes, "config_hash": config_hash(config)},
        about=ABOUT,
    )
    return copy
