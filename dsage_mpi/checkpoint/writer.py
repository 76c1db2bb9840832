"""Writes checkpoints by all ranks or by rank 0 alone, whichever suits; the files are the same."""

from __future__ import annotations

import logging
import math
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
#: From so many bytes of tables on "auto" has all ranks write, if they are on several hosts and so
#: each has its own way to the disks. On one host it never pays (benchmarks/checkpoint.py).
PARALLEL_BYTES = 512 * 2**20

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
        choice: "parallel": all ranks; "serial": rank 0 alone; "auto": rank 0 alone, but large ones
            all ranks if they are on several hosts.
        team: The other ranks, each of which has a ``Partner`` for ``CALL``; None if there are none.
        size: Number of ranks in all.
        tables: Groups of the tree whose arrays grow by rows alone; only these are shared out.
        descriptions: What groups and datasets are, by path.
        hosts: Number of machines that the other ranks are on.
    """

    def __init__(
        self,
        choice: Choice,
        team: Team | None,
        size: int,
        tables: Collection[str] = (),
        descriptions: Mapping[str, str] | None = None,
        hosts: int = 1,
    ) -> None:
        self._tables, self._size, self._descriptions = tables, size, descriptions
        obstacle = _obstacle(choice, size)
        self._team = None if obstacle else team
        self._leader = Leader(self._call)
        #: From so many bytes of tables on all ranks write.
        self._least = 1 if choice == "parallel" else PARALLEL_BYTES if hosts > 1 else math.inf
        if obstacle and choice != "serial" and (size > 1 or choice == "parallel"):
            level = logging.WARNING if choice == "parallel" else logging.INFO
            _log.log(level, "rank 0 alone writes checkpoints, the files are the same: %s", obstacle)

    @property
    def may_use_ranks(self) -> bool:
        """Whether all ranks write checkpoints that are large enough."""
        return self._team is not None and self._least < math.inf

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
            size = write_tree(path, tree, attributes, self._tables, fill, self._descriptions)
        except CheckpointError as error:
            if not together:
                raise
            _log.warning("%s; trying again with rank 0 alone", error)
            together = False
            size = write_tree(path, tree, attributes, self._tables, descriptions=self._descriptions)
            self._team = None  # so it was not the disk that was full
        return Written(size, time.perf_counter() - start, self._size if together else 1)

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
        return sum(array.nbytes for array in arrays) >= self._least

    def _call(self, request: Any) -> Any:
        assert self._team is not None
        return self._team.call_all(CALL, request)


def _obstacle(choice: Choice, size: int) -> str:
    """Why rank 0 has to write alone; empty if it has not."""
    if choice == "serial":
        return 'checkpoint.writer = "serial"'
    if size == 1:
        return "there is one rank"
    if not h5py.get_config().mpi:
        return "this h5py is built without MPI (see docs/install.md)"
    return ""
