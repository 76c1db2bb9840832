"""Rank 0 goes first where ranks outnumber cores."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

#: What is added to the nice value of the others: a third of rank 0's weight, on Linux.
_NICER = 5


def give_way_to_root(comm: Any) -> None:
    """Lowers the priority of ranks that share rank 0's cores; all ranks must call it.

    While rank 0 trains and searches, all that the others can do is the batch that they have. If
    each got an equal part of too few cores, they would be through with it early, and then wait for
    rank 0, which had been held up by them. Where every rank has a core of its own, and on other
    hosts, nothing happens.

    Args:
        comm: A communicator of all ranks, in the order of the world.
    """
    if not hasattr(os, "sched_getaffinity"):  # not Linux
        return
    from mpi4py import MPI

    here = comm.Split_type(MPI.COMM_TYPE_SHARED, key=comm.Get_rank())
    facts = here.allgather((comm.Get_rank(), os.sched_getaffinity(0)))
    here.Free()
    ranks = [rank for rank, _ in facts]
    cores = set().union(*(allowed for _, allowed in facts))
    if 0 in ranks and comm.Get_rank() != 0 and len(ranks) > len(cores):
        _lower_once()


@cache
def _lower_once() -> None:
    """Once per process, however many farms it serves: nobody but root can raise it again."""
    os.nice(_NICER)
