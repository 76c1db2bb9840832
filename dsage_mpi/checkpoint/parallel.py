"""All ranks fill one file together, through parallel HDF5.

Rank 0 has made the file and everything in it but the tables' rows, whose places in the file are
fixed and reserved (see ``hdf5.prepare``). It sends the others the rows that they do not have yet;
then all ranks open the file, write their blocks in collective calls and close it. Nothing but
bytes at known places changes meanwhile: no HDF5 structure can be left half-written.

A rank with nothing to write takes part in every call, and one whose call fails in all that
follow, so that none waits for another; what went wrong where is said on rank 0. Rank 0 then reads
the file back: MPI libraries do not report every failure.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from dsage_mpi.checkpoint.checksum import block_digest, combine
from dsage_mpi.checkpoint.hdf5 import sync
from dsage_mpi.checkpoint.layout import Leaf
from dsage_mpi.checkpoint.opening import open_file
from dsage_mpi.checkpoint.shards import Range, Shard, Table, count
from dsage_mpi.core.domain import Array

#: Blocks that a rank writes in one collective call.
_BLOCKS_PER_CALL = 32
#: Bytes of one message (MPI counts are 32-bit).
_MESSAGE_BYTES = 32 * 2**20
_TAG = 1
#: A rank's own blocks number ``first`` to ``end - 1`` of a table, as one array.
Source = Callable[[int, int], Array]


@dataclass(frozen=True)
class WriteRequest:
    """What rank 0 asks the others to do.

    Attributes:
        file: The file to fill.
        size: Its bytes.
        tables: What is in it to be filled.
    """

    file: Path
    size: int
    tables: tuple[Table, ...]


class Leader:
    """Rank 0's part.

    Args:
        call: Has every other rank run its ``Partner`` with a request; returns a communicator of
            all ranks.
    """

    def __init__(self, call: Callable[[WriteRequest], Any]) -> None:
        self._call = call
        self._sent: dict[str, Table] = {}

    def fill(self, file: Path, leaves: Sequence[Leaf]) -> dict[str, str]:
        """Fills the tables of a file, to be used in ``hdf5.write_tree``.

        Args:
            file: The file.
            leaves: The tables. The rows that they had when they were filled last are the same.

        Returns:
            The checksum of each.

        Raises:
            OSError: Some rank could not do its part; says which and why.
        """
        request = WriteRequest(file, file.stat().st_size, tuple(map(self._table, leaves)))
        comm = self._call(request)
        arrays = {leaf.path: leaf.array for leaf in leaves}
        for table in request.tables:
            _send_rows(comm, table, arrays[table.path])
            self._sent[table.path] = table

        def blocks(table: Table) -> Source:
            array, ranges = arrays[table.path], table.ranges(0, comm.Get_size())
            return lambda first, end: np.concatenate([array[a:b] for a, b in ranges[first:end]])

        trouble = _write(comm, request, {table.path: blocks(table) for table in request.tables})
        digests = {
            table.path: [
                block_digest(arrays[table.path][first:end])
                for first, end in table.ranges(0, comm.Get_size())
            ]
            for table in request.tables
        }
        answers = comm.gather((trouble, digests), root=0)
        if troubles := [text for text, _ in answers if text]:
            raise OSError("; ".join(troubles))
        parts = [found for _, found in answers]
        blocks_of = {path: _interleave([part[path] for part in parts]) for path in digests}
        _read_back(request, blocks_of)
        return {path: combine(found) for path, found in blocks_of.items()}

    def _table(self, leaf: Leaf) -> Table:
        table = Table(leaf.path, leaf.array.dtype, leaf.array.shape)
        before = self._sent.get(leaf.path)
        grown = (
            before is not None
            and before.dtype == table.dtype
            and before.shape[1:] == table.shape[1:]
            and before.shape[0] <= table.shape[0]
        )
        return replace(table, held=before.shape[0]) if before is not None and grown else table


class Partner:
    """The part of every other rank; remembers the rows that it was sent."""

    def __init__(self) -> None:
        self._shards: dict[str, Shard] = {}

    def __call__(self, comm: Any, request: WriteRequest) -> None:
        """Does one request."""
        for table in request.tables:
            _receive_rows(comm, table, self._shards.setdefault(table.path, Shard()))

        def blocks(table: Table) -> Source:
            rows, block = self._shards[table.path].rows, table.block
            return lambda first, end: rows[first * block : end * block]

        trouble = _write(comm, request, {table.path: blocks(table) for table in request.tables})
        digests = {t.path: self._shards[t.path].digests(t.block) for t in request.tables}
        comm.gather((trouble, digests), root=0)


def _interleave(parts: list[list[bytes]]) -> list[bytes]:
    """The blocks' checksums in order, from those of each rank's blocks."""
    total = sum(map(len, parts))
    return [parts[k % len(parts)][k // len(parts)] for k in range(total)]


def _read_back(request: WriteRequest, digests: dict[str, list[bytes]]) -> None:
    """Compares what is in the file with what the ranks meant to write.

    Needed because Open MPI 4.1 reports success when a rank's disk is full in a collective call.

    Raises:
        OSError: They differ.
    """
    with open_file(request.file, "r") as file:
        for table in request.tables:
            dataset = file[table.path]
            for number, digest in enumerate(digests[table.path]):
                rows = dataset[number * table.block : (number + 1) * table.block]
                if block_digest(rows) != digest:
                    raise OSError(
                        f"rows of /{table.path} from {number * table.block} on did not reach the "
                        "file, although MPI reported no error (is the disk full?)"
                    )


# Rows from rank 0 to the ranks that own them


def _send_rows(comm: Any, table: Table, array: Array) -> None:
    for rank in range(1, comm.Get_size()):
        ranges = table.ranges(rank, comm.Get_size(), since=table.held)
        if ranges:
            rows = np.concatenate([array[first:end] for first, end in ranges])
            for piece in _pieces(rows):
                comm.Send(piece, dest=rank, tag=_TAG)


def _receive_rows(comm: Any, table: Table, shard: Shard) -> None:
    ranges = table.ranges(comm.Get_rank(), comm.Get_size(), since=table.held)
    for piece in _pieces(shard.grow(table, count(ranges))):
        comm.Recv(piece, source=0, tag=_TAG)


def _pieces(rows: Array) -> list[Array]:
    """The bytes of contiguous rows in pieces of one message each."""
    if not rows.size:
        return []
    data = rows.reshape(-1).view(np.uint8)
    return [data[k : k + _MESSAGE_BYTES] for k in range(0, len(data), _MESSAGE_BYTES)]


# Writing together


def _write(comm: Any, request: WriteRequest, sources: dict[str, Source]) -> str:
    """This rank's blocks into the file; returns what went wrong here, empty if nothing."""
    trouble = _attempt(comm, lambda: _look(request))
    if any(comm.allgather(trouble)):
        return trouble
    opened: list[h5py.File] = []
    trouble = _attempt(comm, lambda: opened.append(_open(comm, request.file)))
    troubles = comm.allgather(trouble)
    if any(troubles):
        if not all(troubles):  # closing is collective too: the others would wait for ever
            print(f"cannot open {request.file} together: {''.join(troubles)}", flush=True)
            comm.Abort(1)
        return trouble
    (file,) = opened
    datasets: dict[str, h5py.Dataset] = {}
    paths = [table.path for table in request.tables]
    trouble = _attempt(comm, lambda: datasets.update({path: file[path] for path in paths}))
    if not any(comm.allgather(trouble)):
        for table in request.tables:
            trouble = _write_table(comm, table, datasets[table.path], sources) or trouble
    datasets.clear()  # or the file would stay open
    trouble = _attempt(comm, file.close) or trouble
    return _attempt(comm, lambda: sync(request.file)) or trouble


def _write_table(comm: Any, table: Table, dataset: h5py.Dataset, sources: dict[str, Source]) -> str:
    """As many collective calls as the rank with most blocks needs; returns what went wrong."""
    ranges = table.ranges(comm.Get_rank(), comm.Get_size())
    trouble = ""
    for first in range(0, _most_blocks(table, comm.Get_size()), _BLOCKS_PER_CALL):
        mine = ranges[first : first + _BLOCKS_PER_CALL]
        rows, failure = _take(comm, sources[table.path], first, first + len(mine))
        # A rank that could not get its rows together still takes part, with none.
        call = partial(_write_blocks, dataset, [], None)
        if mine and not failure:
            call = partial(_write_blocks, dataset, mine, rows)
        trouble = _attempt(comm, call) or failure or trouble
    return trouble


def _take(comm: Any, source: Source, first: int, end: int) -> tuple[Array | None, str]:
    """This rank's blocks ``first`` to ``end``, if there are any; and what went wrong."""
    taken: list[Array] = []
    failure = _attempt(comm, lambda: taken.append(source(first, end)) if end > first else None)
    return (taken[0] if taken else None), failure


def _attempt(comm: Any, step: Callable[[], object]) -> str:
    """Does a step; returns what went wrong, empty if nothing."""
    try:
        step()
    except Exception as error:  # whatever it is: the other ranks must not wait for this one
        return f"rank {comm.Get_rank()} on {platform.node()}: {error}"
    return ""


def _look(request: WriteRequest) -> None:
    """Can this rank write to the file that rank 0 made?

    Raises:
        OSError: It cannot.
    """
    try:
        file = os.open(request.file, os.O_RDWR)
    except FileNotFoundError:
        raise OSError(
            f"{request.file} is not there: the run directory must lie on a file system that all "
            "nodes share"
        ) from None
    try:
        size = os.fstat(file).st_size
    finally:
        os.close(file)
    if size != request.size:
        raise OSError(f"{request.file} has {size} bytes here, {request.size} on rank 0")


def _open(comm: Any, path: Path) -> h5py.File:
    from mpi4py import MPI

    return open_file(path, "r+", driver="mpio", comm=comm, info=MPI.Info.Create())


def _most_blocks(table: Table, size: int) -> int:
    """Blocks of the rank that has most of them."""
    return len(table.ranges(0, size))


def _write_blocks(dataset: h5py.Dataset, ranges: list[Range], rows: Array | None) -> None:
    """One collective call; without ranges, this rank only takes part in it."""
    chosen = dataset.id.get_space()
    chosen.select_none()
    rest = dataset.shape[1:]
    for first, end in ranges:
        start, extent = (first, *(0 for _ in rest)), (end - first, *rest)
        chosen.select_hyperslab(start, extent, op=h5py.h5s.SELECT_OR)
    data = np.empty((1, *rest), dataset.dtype) if rows is None else np.ascontiguousarray(rows)
    memory = h5py.h5s.create_simple(data.shape)
    if rows is None:
        memory.select_none()
    together = h5py.h5p.create(h5py.h5p.DATASET_XFER)
    together.set_dxpl_mpio(h5py.h5fd.MPIO_COLLECTIVE)
    dataset.id.write(memory, chosen, data, dxpl=together)
