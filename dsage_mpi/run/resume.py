"""Continues a run from a checkpoint."""

from __future__ import annotations

import logging
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from dsage_mpi.checkpoint.files import set_aside_newer
from dsage_mpi.checkpoint.hdf5 import read_tree
from dsage_mpi.core.state import CheckpointError
from dsage_mpi.run.lifecycle import Run
from dsage_mpi.run.restart_parts import MISFIT
from dsage_mpi.rundir.logging import FILE_ONLY
from dsage_mpi.rundir.version_changes import changed_versions

if TYPE_CHECKING:
    from dsage_mpi.run.request import RunRequest

_log = logging.getLogger("dsage_mpi.outer")

_UNFIT = (
    "%s holds what does not fit together (%s: %s): was it edited, or written by another version? "
    "Go on from an older checkpoint"
)
_VERSIONS_CHANGED = (
    "not what this run was started with, so that its result may differ from an uninterrupted "
    "run's: %s"
)


def resume(run: Run, request: RunRequest, checkpoint: Path) -> None:
    """Loads the checkpoint into the run, and saves what the request changes.

    Raises:
        CheckpointError: It does not fit together.
    """
    tree = read_tree(checkpoint)
    versions = str(run.parts.header.tree["versions"])
    if changed := changed_versions(str(tree.get("versions", "")), versions):
        _log.warning(_VERSIONS_CHANGED, "; ".join(changed))
    try:
        run.load_state(tree)
    except MISFIT as error:  # whoever made it: ``needs`` has found nothing wrong with it
        _log.info("where: %s", traceback.format_exc(), extra=FILE_ONLY)
        raise CheckpointError(_UNFIT % (checkpoint, type(error).__name__, error)) from error
    _set_aside_newer(run.parts.directory.path, checkpoint)
    if request.changes and request.origin is None:
        run.checkpoints.save_now()  # or a restart after a kill would know nothing of it


def _set_aside_newer(run_dir: Path, checkpoint: Path) -> None:
    try:
        moved = set_aside_newer(run_dir, checkpoint)
    except OSError as error:
        raise CheckpointError(
            f"cannot move the checkpoints that are newer than {checkpoint} out of the way: {error}"
        ) from error
    if moved:
        names = ", ".join(path.name for path in moved)
        _log.info("newer checkpoints (%s) are in %s now", names, moved[0].parent)
