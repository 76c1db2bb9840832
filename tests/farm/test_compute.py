"""Ranks without tasks compute for rank 0: the answers are the same whoever gives them."""

from __future__ import annotations

import pytest

PROGRAM = ("-m", "tests.farm.scenarios")


def right(mpirun, ranks, scenario):
    """A scenario that has ended well, as it says in its last line."""
    done = mpirun(ranks, *PROGRAM, scenario, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{scenario}: right\n", done.stderr
    return done


@pytest.mark.parametrize("ranks", [2, 3, 5])
def test_all_ranks_share_and_answers_are_in_order(mpirun, ranks):
    right(mpirun, ranks, "computing")


def test_a_rank_that_cannot_compute_is_named_once_and_still_simulates(mpirun):
    done = right(mpirun, 4, "refusing")
    said = sorted(line for line in done.stderr.splitlines() if line.startswith("dsage_mpi.farm: "))
    assert len(said) == 2, done.stderr
    assert "rank 1 on " in said[0]
    assert "computes nothing beside its simulations (farm.compute)" in said[0]
    assert "no torch on this node" in done.stderr
    assert "rank 2 on " in said[1]


def test_nobody_waits_for_a_rank_that_is_suspended_or_slow(mpirun):
    right(mpirun, 4, "halted")


def test_requests_that_rank_0_leaves_disturb_nothing(mpirun):
    right(mpirun, 3, "left")


def test_tasks_and_the_end_go_before_requests_that_nobody_waits_for(mpirun):
    done = right(mpirun, 3, "urgent")
    assert "computes nothing" not in done.stderr


def test_ranks_join_in_once_they_have_no_more_tasks(mpirun):
    right(mpirun, 3, "joining")


def test_what_rank_0_has_begun_is_done_once_whoever_refuses_it(mpirun):
    right(mpirun, 3, "late_refusals")
