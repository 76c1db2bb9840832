"""The first checkpoint of a run directory that goes on from another's checkpoint."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dsage_mpi.checkpoint.files import checkpoint_path
from dsage_mpi.checkpoint.hdf5 import read_attributes, write_tree
from dsage_mpi.config.load import config_hash
from dsage_mpi.config.toml_writer import to_toml
from dsage_mpi.core.atomic_files import atomic_write
from dsage_mpi.core.state import Tree
from dsage_mpi.run.checkpoint_descriptions import DESCRIPTIONS
from dsage_mpi.rundir.json_files import read_facts
from dsage_mpi.rundir.run_directory import RunDirectory, never_begun

if TYPE_CHECKING:
    from dsage_mpi.config.schema import Config

#: Attributes that whoever writes the file sets.
_OF_THE_FILE = ("format", "schema", "complete")


@dataclass(frozen=True)
class Origin:
    """What a run in a new directory was told to go on from.

    Attributes:
        source: A checkpoint, or the directory of a run without any.
        overrides: What was to be changed of its configuration.
    """

    source: Path
    overrides: tuple[str, ...]


def note_origin(directory: RunDirectory, origin: Origin) -> None:
    """Keeps in a fresh run directory where its run comes from, until it has a copy of that.

    Raises:
        OSError: It cannot be written.
    """
    facts = {"source": str(origin.source.absolute()), "set": json.dumps(origin.overrides)}
    with atomic_write(directory.origin, "w") as file:
        file.write(json.dumps(facts))


def noted_origin(path: Path) -> Origin | None:
    """What a start was to go on from that was killed before ``path`` had anything of its own.

    Raises:
        RunDirectoryError: It cannot be looked into.
        OSError: The note cannot be read.
    """
    if not never_begun(path):
        return None
    facts = read_facts(RunDirectory(path).origin, numbers=())
    try:
        overrides = json.loads(facts.get("set", "[]"))
    except (ValueError, RecursionError):
        return None
    if "source" not in facts or not isinstance(overrides, list):
        return None
    return Origin(Path(facts["source"]), tuple(map(str, overrides)))


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
        descriptions=DESCRIPTIONS,
    )
    return copy
