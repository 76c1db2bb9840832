"""Writes checkpoints by all ranks or by rank 0 alone, whichever suits; the files are the same."""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

import h5py
import numpy as np

from dsage_mpi.checkpoint.hdf5 import Attributes, fill_alone, write_tree
from dsage_mpi.checkpoint.parallel import Leader
from dsage_mpi.core.state import CheckpointError, Tree

_log = logging.getLogger("dsage_mpi.checkpoint")

#: Name under which the other ranks are called to help (``Team.call_all``).
CALL = "checkpoint"
#: From so many bytes of tables on "auto" tries whether all ranks write faster. On one node they
#: do not at any size (benchmarks/checkpoint.py); with several, each has its own way to the disks.
PARALLEL_BYTES = 512 * 2**20
#: Large checkpoints that "auto" has all ranks write before it decides; the first of them sends
#: out all rows, later ones only the new ones.
_TRIALS = 2

Choice = Literal["auto", "parallel", "serial"]


class Team(Protocol):
    """The other ranks."""

    #: How many there are.
    workers: int

    @property
    def idle(self) -> bool:
        """Whether they have nothing else to do."""
        ...

    def call_all(self, name: str, argument: Any = None) -> Any:
        """Has each run its handler ``name``; returns a communicator of all, None if alone."""
        ...


@dataclass(frozen=True)
class Written:
    """What writing a checkpoint took.

    Attributes:
        size: Bytes of the file.
        seconds: Time.
        ranks: How many ranks wrote.
    """

    size: int
    seconds: float
    ranks: int


class CheckpointWriter:
    """Writes the checkpoints of a run.

    Args:
        choice: "parallel": all ranks; "serial": rank 0 alone; "auto": small ones rank 0 alone, for
            large ones both ways are tried and the faster one is kept.
        team: The other ranks, each of which has a ``Partner`` for ``CALL``; None if there are none.
        size: Number of ranks in all.
        tables: Groups of the tree whose arrays grow by rows alone; only these are shared out.
        about: What groups and datasets are, by path.
    """

    def __init__(
        self,
        choice: Choice,
        team: Team | None,
        size: int,
        tables: Collection[str] = (),
        about: Mapping[str, str] | None = None,
    ) -> None:
        self._tables, self._size, self._about = tables, size, about
        obstacle = _obstacle(choice, size)
        self._team = None if obstacle else team
        self._leader = Leader(self._call)
        self._choice = choice
        #: Seconds per byte of large checkpoints, by rank 0 alone (False) and by all (True).
        self._pace: dict[bool, list[float]] = {False: [], True: []}
        if obstacle and choice != "serial" and (size > 1 or choice == "parallel"):
            level = logging.WARNING if choice == "parallel" else logging.INFO
            _log.log(level, "rank 0 alone writes checkpoints, the files are the same: %s", obstacle)

    def write(self, path: Path, tree: Tree, attributes: Attributes | None = None) -> Written:
        """Writes one checkpoint atomically.

        Raises:
            CheckpointError: It could not be written; an old one of that name is untouched.
            TypeError: The tree holds what cannot be stored.
        """
        start = time.perf_counter()
        together = self._together(tree)
        fill = self._leader.fill if together else fill_alone
        try:
            size = write_tree(path, tree, attributes, self._tables, fill, self._about)
        except CheckpointError as error:
            if not together:
                raise
            _log.warning("%s; trying again with rank 0 alone", error)
            together = False
            size = write_tree(path, tree, attributes, self._tables, about=self._about)
            self._team = None  # so it was not the disk that was full
        written = Written(size, time.perf_counter() - start, self._size if together else 1)
        if size >= PARALLEL_BYTES:
            self._pace[together].append(written.seconds / size)
        return written

    def _together(self, tree: Tree) -> bool:
        # Ranks that still simulate something would come late.
        if self._team is None or not self._team.idle:
            return False
        arrays = [
            array
            for name in self._tables
            for array in tree.get(name, {}).values()
            if isinstance(array, np.ndarray)
        ]
        size = sum(array.nbytes for array in arrays)
        if self._choice == "parallel":
            return size > 0
        return size >= PARALLEL_BYTES and self._faster_together()

    def _faster_together(self) -> bool:
        """Which way the next large checkpoint goes; changes its time alone, not its bytes."""
        alone, together = self._pace[False], self._pace[True]
        if not alone or len(together) < _TRIALS:
            return bool(alone)
        return min(together) < min(alone)

    def _call(self, order: Any) -> Any:
        assert self._team is not None
        return self._team.call_all(CALL, order)


def _obstacle(choice: Choice, size: int) -> str:
    """Why rank 0 has to write alone; empty if it has not."""
    if choice == "serial":
        return 'checkpoint.writer = "serial"'
    if size == 1:
        return "there is one rank"
    if not h5py.get_config().mpi:
        return "this h5py is built without MPI (see docs/install.md)"
    return ""
