"""What a restart continues: a checkpoint, or a run that ended before its first one."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dsage_mpi.config.load import config_from_toml
from dsage_mpi.config.restart import ignored
from dsage_mpi.rundir.run_directory import RunDirectory, RunDirectoryError

if TYPE_CHECKING:
    from dsage_mpi.run.load_run import Stored

_log = logging.getLogger("dsage_mpi.outer")


@dataclass(frozen=True)
class RestartSource:
    """What ``--restart`` continues.

    Attributes:
        text: Configuration (TOML).
        file: The file that it is from.
        stored: The checkpoint; None if the run ended before its first one.
    """

    text: str
    file: Path
    stored: Stored | None


def read_source(path: Path) -> RestartSource:
    """Reads what a run directory or checkpoint continues.

    Raises:
        RunDirectoryError: There is nothing to continue.
        CheckpointError: No checkpoint can be used.
    """
    from dsage_mpi.run.load_run import find_stored, find_unsaved
    from dsage_mpi.run.restart_parts import obstacles

    if (unsaved := find_unsaved(path)) is not None:
        return RestartSource(_text_of(unsaved.config), unsaved.config, None)
    stored = find_stored(path, obstacles)
    return RestartSource(stored.config, stored.checkpoint, stored)


def _text_of(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RunDirectoryError(f"cannot read {file}: {error}") from error


def compare_with_file(directory: RunDirectory, stored: str, checkpoint: Path) -> None:
    """Says what the run directory's ``config.toml`` has otherwise than the checkpoint.

    Raises:
        ConfigError: They are two different runs.
    """
    try:
        text = directory.config.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return
    name = str(directory.config)
    config = config_from_toml(stored, str(checkpoint))
    for line in ignored(text, name, config, checkpoint.name):
        _log.warning("%s, says %s, but a restart goes by the checkpoint and --set", line, name)
