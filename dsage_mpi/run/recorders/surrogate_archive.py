"""Keeps the surrogate's archive of the newest outer iteration, for reports."""

from __future__ import annotations

import contextlib
import logging

from dsage_mpi.core.state import Tree
from dsage_mpi.core.write_errors import remedy
from dsage_mpi.outer.methods.base import Proposal
from dsage_mpi.run.parts import Parts
from dsage_mpi.run.recorders.base import Recorder
from dsage_mpi.rundir.surrogate_archive import (
    NAME,
    read_surrogate_archive,
    write_surrogate_archive,
)

_log = logging.getLogger("dsage_mpi.outer")


class SurrogateArchiveRecorder(Recorder):
    """Writes the file as soon as solutions are chosen.

    Thus a run that is stopped while they are simulated has it already, and goes on with the same
    proposal, without the archive that it was chosen from.
    """

    def __init__(self, parts: Parts) -> None:
        self._directory, self._loop = parts.directory, parts.loop
        self._failed = False

    def after_proposal(self, proposal: Proposal, first: int) -> None:
        """Replaces the file if the method has searched; a failure costs a warning, once."""
        if proposal.searched is None:
            return
        try:
            write_surrogate_archive(self._directory.path, proposal.searched, first)
            self._failed = False
        except OSError as error:
            if not self._failed:
                path = self._directory.path / NAME
                _log.warning(
                    "cannot write %s, which reports show: %s; %s", path, error, remedy(error)
                )
            self._failed = True

    def load_state(self, tree: Tree) -> None:
        """Removes the file if it is of an iteration that is to come yet, after going back."""
        newest = self._loop.iteration + int(self._loop.config.overlaps)
        found = read_surrogate_archive(self._directory.path)
        if found is not None and found.iteration > newest:
            with contextlib.suppress(OSError):
                (self._directory.path / NAME).unlink()
