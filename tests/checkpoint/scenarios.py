"""Programs that tests/checkpoint/test_parallel.py runs on several ranks: ``scenarios.py NAME DIR``.

Rank 0 prints what came out.
"""

from __future__ import annotations

import logging
import os
import resource
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from dsage_mpi.checkpoint import parallel
from dsage_mpi.checkpoint.hdf5 import read_tree, write_tree
from dsage_mpi.checkpoint.parallel import Partner
from dsage_mpi.checkpoint.writer import CALL, CheckpointWriter
from dsage_mpi.farm import Duties, Farm, FarmSettings, World, open_farm, open_world, serve
from tests.farm.toy import RESULT, TASK, ToySimulator

ROW = np.dtype([("grid", "<u2", (16, 16)), ("ok", "?"), ("length", "<f4", (3,))])


def tree(rows: int) -> dict[str, Any]:
    """A state with tables of ``rows`` rows, of which a megabyte has about 2000."""
    numbers = np.arange(rows)
    results = np.zeros(rows, ROW)
    results["grid"] = (numbers[:, None, None] * 7 + np.arange(256).reshape(16, 16)) % 65521
    results["ok"] = numbers % 3 == 0
    results["length"] = np.sqrt(numbers)[:, None]
    return {
        "record": {
            "result": results,
            "solution": (numbers[:, None] + np.arange(40)).astype(np.int8),
            "failed": numbers % 5 == 0,
            "objective": np.where(numbers % 5 == 0, np.nan, numbers / 3),
            "no_columns": np.empty((rows, 0)),
        },
        "other": {"weights": np.linspace(0, 1, 1000), "text": "one\ntwo"},
        "counters": {"rows": rows},
    }


def with_farm(world: World, body: Callable[[Farm], None]) -> None:
    """Runs ``body`` on rank 0; all others are ready to help with checkpoints."""
    arguments = (world, ToySimulator, TASK, RESULT, FarmSettings())
    if not world.is_root:
        serve(*arguments, Duties({CALL: Partner()}))
        return
    with open_farm(*arguments) as farm:
        body(farm)


def writers_agree(world: World, folder: Path) -> None:
    """One growing state, written by all ranks and by rank 0 alone: the same bytes."""

    def body(farm: Farm) -> None:
        writer = CheckpointWriter("parallel", farm, world.size, ("record",))
        for rows in (0, 1, 2, 3, 700, 2100, 2101, 9000, 9000, 50, 6000):
            state, attributes = tree(rows), {"seed": 3, "program": "test"}
            written = writer.write(folder / "together.h5", state, attributes)
            write_tree(folder / "alone.h5", state, attributes, ("record",))
            same = (folder / "together.h5").read_bytes() == (folder / "alone.h5").read_bytes()
            back = read_tree(folder / "together.h5")["record"]["result"]
            assert back.tobytes() == state["record"]["result"].tobytes()
            print(rows, written.ranks, "same" if same else "DIFFERENT")

    with_farm(world, body)


def one_rank_cannot_write(world: World, folder: Path, rank: int) -> None:
    """The operating system refuses one rank's writing (as if its disk were full)."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stdout)
    if world.rank == rank and rank:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))

    def body(farm: Farm) -> None:
        writer = CheckpointWriter("parallel", farm, world.size, ("record",))
        for rows in (6000, 9000):
            written = writer.write(folder / "c.h5", tree(rows))
            assert len(read_tree(folder / "c.h5")["record"]["result"]) == rows
            print("written by", written.ranks)
        print(sorted(os.listdir(folder)))

    with_farm(world, body)


def first_rank_cannot_write(world: World, folder: Path) -> None:
    """The disk of rank 0 is full: the old checkpoint stays, nothing else does."""

    def body(farm: Farm) -> None:
        writer = CheckpointWriter("parallel", farm, world.size, ("record",))
        writer.write(folder / "c.h5", tree(100))
        unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, unlimited[1]))
        try:
            writer.write(folder / "c.h5", tree(9000))
        except Exception as error:
            print(type(error).__name__, error)
        resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
        print(sorted(os.listdir(folder)), len(read_tree(folder / "c.h5")["record"]["failed"]))
        print("written by", writer.write(folder / "c.h5", tree(9000)).ranks)
        print(len(read_tree(folder / "c.h5")["record"]["failed"]))

    with_farm(world, body)


def disk_fills_meanwhile(world: World, folder: Path) -> None:
    """The disk fills up after rank 0 has reserved the space."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stdout)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    write = parallel._write

    def limited(*arguments: Any) -> str:
        resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, limits[1]))
        try:
            return write(*arguments)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    parallel._write = limited
    one_rank_cannot_write(world, folder, 0)


def last_rank_cannot_write(world: World, folder: Path) -> None:
    """The disk is full for the last rank alone."""
    one_rank_cannot_write(world, folder, world.size - 1)


def last_rank_loses_its_rows(world: World, folder: Path) -> None:
    """The last rank has no memory to put together what it is to write, once."""
    if world.rank == world.size - 1:
        take, refusals = parallel._take, iter([True])

        def without_memory(comm: Any, source: Any, first: int, end: int) -> Any:
            def refuse(first: int, end: int) -> Any:
                raise MemoryError("no room")

            refused = end > first and next(refusals, False)
            return take(comm, refuse if refused else source, first, end)

        parallel._take = without_memory
    one_rank_cannot_write(world, folder, 0)


def unshared(world: World, folder: Path) -> None:
    """The folder is not there on the last rank, as on a node with disks of its own."""
    if world.rank == world.size - 1:
        open_there = os.open

        def missing(path: Any, *rest: Any) -> int:
            if str(path).endswith(".writing"):
                raise FileNotFoundError(path)
            return open_there(path, *rest)

        parallel.os.open = missing  # type: ignore[attr-defined]
    one_rank_cannot_write(world, folder, 0)


def main() -> None:
    """Runs the scenario that the command line names."""
    name, folder = sys.argv[1], Path(sys.argv[2])
    globals()[name](open_world(), folder)


if __name__ == "__main__":
    main()
