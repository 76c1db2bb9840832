"""Who has been silent for too long, and what the log says of it."""

from __future__ import annotations

import logging

import numpy as np
import pytest

from dsage_mpi.farm.account import Chunk, EvaluationAccount
from dsage_mpi.farm.interface import FarmError
from dsage_mpi.farm.liveness import HeartbeatTimeouts
from dsage_mpi.farm.roster import Roster


def looks(timeouts, start, stop, step=0.5):
    for now in np.arange(start, stop, step):
        timeouts.look(float(now))


def test_only_who_sent_nothing_for_the_whole_limit_times_out():
    timeouts = HeartbeatTimeouts([1, 2, 3], limit_seconds=10)
    looks(timeouts, 0, 8)
    timeouts.heard(2)
    assert timeouts.timed_out([1, 2, 3]) == []
    looks(timeouts, 8, 12)
    assert timeouts.timed_out([1, 2]) == [1]
    looks(timeouts, 12, 30)
    assert timeouts.timed_out([2, 3]) == [2, 3]
    timeouts.heard(3)
    assert timeouts.timed_out([1, 2, 3]) == [1, 2]


def test_looks_are_rare():
    timeouts = HeartbeatTimeouts([1], limit_seconds=1)
    assert [timeouts.look(now) for now in (0.0, 0.1, 0.4, 0.5, 0.6, 1.1)] == [
        *(True, False, False, True, False, True)
    ]


def test_time_in_which_rank_0_did_not_look_is_nobody_s_silence():
    timeouts = HeartbeatTimeouts([1], limit_seconds=10)
    looks(timeouts, 0, 5)
    timeouts.look(5000.0)  # suspended, or training
    assert timeouts.timed_out([1]) == []
    looks(timeouts, 5000.5, 5010)
    assert timeouts.timed_out([1]) == [1]


def test_others_get_the_tasks_of_a_silent_rank(caplog):
    roster = Roster({1: "a", 2: "b", 3: "b"})
    with caplog.at_level(logging.WARNING, "dsage_mpi.farm"):
        assert roster.mark_silent([2, 3], 60)
        assert roster.seats() == {1: 0}
        assert roster.mark_alive(3)
        assert roster.seats() == {1: 0, 3: 1}
        assert not roster.mark_alive(3)
    assert [record.getMessage() for record in caplog.records] == [
        "no heartbeat from rank 2 on b (and 1 more ranks) for 60 s (farm.silent_seconds), its "
        "tasks go to the 1 rank(s) that answer: is its node down, suspended or cut off?",
        "rank 3 on b is back",
    ]


def test_when_nobody_else_is_left_the_crew_waits(caplog):
    roster = Roster({1: "a", 2: "b", 3: "b"})
    roster.retire(1, "no Java")
    with caplog.at_level(logging.WARNING, "dsage_mpi.farm"):
        assert not roster.mark_silent([2, 3], 60)
        assert not roster.mark_silent([2, 3], 60)
        roster.mark_alive(2)
        assert not roster.mark_silent([2, 3], 60)
    assert [r.getMessage() for r in caplog.records if "no heartbeat" in r.getMessage()] == [
        "no heartbeat from any rank for 60 s (farm.silent_seconds): waiting"
    ] * 2
    assert roster.seats() == {2: 0, 3: 1}


def test_silent_ranks_are_asked_again_when_all_others_are_lost():
    roster = Roster({1: "a", 2: "b"})
    roster.mark_silent([2], 60)
    roster.retire(1, "no Java")
    assert roster.seats() == {2: 0}
    with pytest.raises(FarmError, match="no Java"):
        roster.retire(2, "no Java")


def chunk(indices, reasons):
    count = len(indices)
    failed = np.zeros(count, bool)
    failed[list(reasons)] = True
    results = np.array(indices, np.float64) * 10
    return Chunk(np.array(indices), results, failed, np.ones(count), reasons)


def test_of_a_double_answer_only_the_news_is_booked():
    heard = []
    account = EvaluationAccount(
        5, np.dtype(np.float64), on_results=lambda i, r, why: heard.append((i.tolist(), dict(why)))
    )
    account.book(chunk([1, 3], {0: "bad"}), rank=1)
    late = chunk([3, 4, 1, 0], {1: "worse", 2: "bad"})
    account.book(late.take(account.missing(late.indices)), rank=2)
    account.book(chunk([2], {}), rank=2)
    outcome = account.finish()
    assert outcome.ranks.tolist() == [2, 1, 2, 1, 2]
    assert outcome.results.tolist() == [0, 10, 20, 30, 40]
    assert outcome.reasons == {1: "bad", 4: "worse"}
    assert heard == [([1, 3], {0: "bad"}), ([4, 0], {0: "worse"}), ([2], {})]


def test_a_double_answer_that_is_not_expected_is_a_bug():
    account = EvaluationAccount(5, np.dtype(np.float64))
    account.book(chunk([1, 3], {}), rank=1)
    with pytest.raises(FarmError, match="was not asked for"):
        account.book(chunk([3], {}), rank=2)
