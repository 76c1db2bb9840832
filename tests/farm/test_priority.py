"""Ranks that share too few cores with rank 0 let it go first."""

from __future__ import annotations

import os

import pytest

PROGRAM = """
import os
from dsage_mpi.farm import open_world
from dsage_mpi.farm.priority import give_way_to_root
world = open_world()
os.sched_setaffinity(0, {cores}[world.rank])
before = os.nice(0)
give_way_to_root(world.comm)
give_way_to_root(world.comm)  # by the farm of its next run
print(f"{{world.rank}}: {{os.nice(0) - before}}\\n", end="")
"""
CORES = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
needs_two_cores = pytest.mark.skipif(len(CORES) < 2, reason="needs two cores")


def lowered(mpirun, cores):
    """By how much each rank's priority was lowered, if it may use these cores."""
    done = mpirun(len(cores), "-c", PROGRAM.format(cores=cores), timeout=60)
    assert done.returncode == 0, done.stderr
    return [int(line.split()[1]) for line in sorted(done.stdout.splitlines())]


@pytest.mark.skipif(not CORES, reason="needs Linux")
def test_all_but_rank_0_give_way_where_cores_are_too_few(mpirun):
    assert lowered(mpirun, [{CORES[0]}] * 3) == [0, 5, 5]


@needs_two_cores
def test_ranks_with_a_core_for_each_are_left_alone(mpirun):
    assert lowered(mpirun, [{CORES[0]}, {CORES[1]}]) == [0, 0]
    assert lowered(mpirun, [set(CORES[:2])] * 2) == [0, 0]
