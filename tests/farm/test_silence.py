"""Who has been silent for too long, and what the log says of it."""

from __future__ import annotations

import logging

import numpy as np
import pytest

from dsage_mpi.farm.interface import FarmError
from dsage_mpi.farm.progress import Chunk, Progress
from dsage_mpi.farm.roster import Crew
from dsage_mpi.farm.silence import Silence


def looks(silence, start, stop, step=0.5):
    for now in np.arange(start, stop, step):
        silence.look(float(now))


def test_only_who_was_not_heard_of_for_the_whole_limit_is_missed():
    silence = Silence([1, 2, 3], limit_seconds=10)
    looks(silence, 0, 8)
    silence.heard(2)
    assert silence.too_long([1, 2, 3]) == []
    looks(silence, 8, 12)
    assert silence.too_long([1, 2]) == [1]
    looks(silence, 12, 30)
    assert silence.too_long([2, 3]) == [2, 3]
    silence.heard(3)
    assert silence.too_long([1, 2, 3]) == [1, 2]


def test_looks_are_rare():
    silence = Silence([1], limit_seconds=1)
    assert [silence.look(now) for now in (0.0, 0.1, 0.4, 0.5, 0.6, 1.1)] == [
        *(True, False, False, True, False, True)
    ]


def test_time_in_which_rank_0_did_not_look_is_nobody_s_silence():
    silence = Silence([1], limit_seconds=10)
    looks(silence, 0, 5)
    silence.look(5000.0)  # suspended, or training
    assert silence.too_long([1]) == []
    looks(silence, 5000.5, 5010)
    assert silence.too_long([1]) == [1]


def test_the_crew_goes_on_without_whom_it_misses(caplog):
    crew = Crew({1: "a", 2: "b", 3: "b"})
    with caplog.at_level(logging.WARNING, "dsage_mpi.farm"):
        assert crew.miss([2, 3], 60)
        assert crew.seats() == {1: 0}
        assert crew.hear(3)
        assert crew.seats() == {1: 0, 3: 1}
        assert not crew.hear(3)
    assert [record.getMessage() for record in caplog.records] == [
        "no sign of life from rank 2 on b (and 1 more ranks) for 60 s (farm.silent_seconds), its "
        "tasks go to the 1 rank(s) that answer: is its node down, suspended or cut off?",
        "rank 3 on b is heard of again",
    ]


def test_when_nobody_else_is_left_the_crew_waits(caplog):
    crew = Crew({1: "a", 2: "b", 3: "b"})
    crew.retire(1, "no Java")
    with caplog.at_level(logging.WARNING, "dsage_mpi.farm"):
        assert not crew.miss([2, 3], 60)
        assert not crew.miss([2, 3], 60)
        crew.hear(2)
        assert not crew.miss([2, 3], 60)
    assert [r.getMessage() for r in caplog.records if "sign of life" in r.getMessage()] == [
        "no sign of life from any rank for 60 s (farm.silent_seconds): waiting"
    ] * 2
    assert crew.seats() == {2: 0, 3: 1}


def test_silent_ranks_are_asked_again_when_all_others_are_lost():
    crew = Crew({1: "a", 2: "b"})
    crew.miss([2], 60)
    crew.retire(1, "no Java")
    assert crew.seats() == {2: 0}
    with pytest.raises(FarmError, match="no Java"):
        crew.retire(2, "no Java")


def chunk(indices, reasons):
    count = len(indices)
    failed = np.zeros(count, bool)
    failed[list(reasons)] = True
    results = np.array(indices, np.float64) * 10
    return Chunk(np.array(indices), results, failed, np.ones(count), reasons)


def test_of_a_double_answer_only_the_news_is_booked():
    heard = []
    progress = Progress(
        5, np.dtype(np.float64), on_results=lambda i, r, why: heard.append((i.tolist(), dict(why)))
    )
    progress.book(chunk([1, 3], {0: "bad"}), rank=1)
    late = chunk([3, 4, 1, 0], {1: "worse", 2: "bad"})
    progress.book(late.take(progress.missing(late.indices)), rank=2)
    progress.book(chunk([2], {}), rank=2)
    outcome = progress.finish()
    assert outcome.ranks.tolist() == [2, 1, 2, 1, 2]
    assert outcome.results.tolist() == [0, 10, 20, 30, 40]
    assert outcome.reasons == {1: "bad", 4: "worse"}
    assert heard == [([1, 3], {0: "bad"}), ([4, 0], {0: "worse"}), ([2], {})]


def test_a_double_answer_that_is_not_expected_is_a_bug():
    progress = Progress(5, np.dtype(np.float64))
    progress.book(chunk([1, 3], {}), rank=1)
    with pytest.raises(FarmError, match="was not asked for"):
        progress.book(chunk([3], {}), rank=2)
