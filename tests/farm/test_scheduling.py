from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsage_mpi.farm.scheduling import Pace, plan, relative_weights
from dsage_mpi.farm.settings import FarmSettings
from tests.farm.virtual import makespan


def deal(chunks, workers, prefetch=1, seed=0):
    """Plays workers that finish in random order; the chunks in the order of dispatch."""
    rng = np.random.default_rng(seed)
    held = [[] for _ in range(workers)]
    dealt = []

    def feed(worker):
        while len(held[worker]) <= prefetch:
            indices = chunks.next(worker, len(held[worker]))
            if indices is None:
                return
            held[worker].append(indices)
            dealt.append((worker, indices))

    for worker in range(workers):
        feed(worker)
    while any(held):
        worker = rng.choice([w for w in range(workers) if held[w]])
        indices = held[worker].pop(0)
        chunks.finished(indices, float(rng.random() * 1e-4 * len(indices)))
        feed(worker)
    return dealt


@given(
    count=st.integers(0, 200),
    workers=st.integers(1, 9),
    most=st.integers(1, 50),
    chunk=st.one_of(st.just("auto"), st.integers(1, 30)),
    dispatch=st.sampled_from(["dynamic", "static"]),
    prefetch=st.integers(0, 3),
    with_cost=st.booleans(),
    seed=st.integers(0, 1000),
)
def test_every_task_is_dealt_exactly_once(
    count, workers, most, chunk, dispatch, prefetch, with_cost, seed
):
    settings = FarmSettings(dispatch=dispatch, chunk=chunk, prefetch=prefetch)
    cost = np.random.default_rng(seed).lognormal(size=count) if with_cost else None
    chunks = plan(count, workers, most, settings, Pace(), cost)
    dealt = deal(chunks, workers, prefetch, seed)
    sizes = [len(indices) for _, indices in dealt]
    together = np.concatenate([indices for _, indices in dealt] + [np.zeros(0, int)])
    assert sorted(together) == list(range(count))
    assert all(1 <= size <= most for size in sizes)
    if chunk != "auto" and dispatch == "dynamic":
        assert all(size <= chunk for size in sizes)


@given(
    count=st.integers(0, 200),
    workers=st.integers(2, 9),
    dispatch=st.sampled_from(["dynamic", "static"]),
    prefetch=st.integers(0, 3),
    seed=st.integers(0, 1000),
)
def test_tasks_of_workers_that_withdraw_are_done_by_the_others(
    count, workers, dispatch, prefetch, seed
):
    rng = np.random.default_rng(seed)
    settings = FarmSettings(dispatch=dispatch, prefetch=prefetch)
    cost = rng.lognormal(size=count)
    chunks = plan(count, workers, 50, settings, Pace(), cost)
    working, done = list(range(workers)), []
    held = [[] for _ in range(workers)]

    def feed():
        for worker in working:
            while len(held[worker]) <= prefetch:
                indices = chunks.next(worker, len(held[worker]))
                if indices is None:
                    break
                held[worker].append(indices)

    feed()
    while any(held):
        worker = rng.choice([w for w in range(workers) if held[w]])
        indices = held[worker].pop(0)
        if worker in working and len(working) > 1 and rng.random() < 0.2:
            working.remove(worker)
        if worker in working:
            chunks.finished(indices, float(rng.random() * len(indices)))
            done.append(indices)
        else:
            chunks.withdraw(worker, indices)
        feed()
    assert sorted(np.concatenate([*done, np.zeros(0, int)])) == list(range(count))


@pytest.mark.parametrize("dispatch", ["dynamic", "static"])
def test_a_worker_that_held_nothing_can_withdraw(dispatch):
    settings = FarmSettings(dispatch=dispatch, chunk=1)
    chunks = plan(5, 2, 100, settings, Pace())
    chunks.withdraw(1, np.zeros(0, np.intp))
    assert sorted(np.concatenate([i for _, i in deal(chunks, 1)])) == list(range(5))


def test_what_comes_back_is_dispatched_in_the_old_order():
    cost = np.array([1.0, 50.0, 1.0, 1.0, 60.0, 1.0, 1.0, 1.0])
    chunks = plan(8, 2, 100, FarmSettings(chunk=1), Pace(), cost)
    first, _ = chunks.next(0, 0), chunks.next(1, 0)
    chunks.withdraw(0, first)
    assert [chunks.next(1, 0).tolist() for _ in range(3)] == [[4], [0], [2]]


def test_longest_predicted_go_first_and_alone():
    cost = np.array([1.0, 50.0, 1.0, 1.0, 60.0, 1.0, 1.0, 1.0])
    dealt = deal(plan(8, 2, 100, FarmSettings(), Pace(), cost), 2)
    assert [indices.tolist() for _, indices in dealt][:2] == [[4], [1]]


def test_automatic_chunks_end_small():
    pace = Pace()
    pace.add(100, 0.01)
    sizes = [len(i) for _, i in deal(plan(1000, 4, 10**6, FarmSettings(), pace), 4)]
    assert sizes[0] == 1000 // 4 // 4
    assert set(sizes[-4:]) == {1}
    assert sizes == sorted(sizes, reverse=True)


def test_automatic_chunks_heed_measured_times():
    pace = Pace()
    pace.add(10, 5.0)  # half a second per task
    chunks = plan(1000, 2, 10**6, FarmSettings(chunk_seconds=2.0), pace)
    assert len(chunks.next(0, 0)) == 4


def test_a_fixed_chunk_is_shared_out_when_little_is_left():
    sizes = [len(i) for _, i in deal(plan(10, 5, 100, FarmSettings(chunk=8), Pace()), 5)]
    assert sizes == [2, 2, 2, 1, 1, 1, 1]


def test_nothing_waits_at_a_worker_at_the_end():
    chunks = plan(5, 3, 100, FarmSettings(chunk=1), Pace())
    assert chunks.next(0, waiting=1) is None
    assert chunks.next(0, waiting=0) is not None


def test_static_shares_are_contiguous_and_equal():
    dealt = deal(plan(11, 3, 100, FarmSettings(dispatch="static"), Pace()), 3)
    shares = {worker: indices.tolist() for worker, indices in dealt}
    assert shares == {0: [0, 1, 2], 1: [3, 4, 5, 6], 2: [7, 8, 9, 10]}


@pytest.mark.parametrize(("seconds", "most"), [(0.1, 100), (1e-9, 30), (100.0, 100)])
def test_pieces_of_static_shares_take_no_longer_than_asked(seconds, most):
    pace = Pace()
    pace.add(10, 10 * seconds)
    chunks = plan(200, 2, most, FarmSettings(dispatch="static", chunk_seconds=2.0), pace)
    pieces = [chunks.next(0, 0) for _ in range(2)]
    size = max(1, min(most, round(2.0 / seconds)))
    assert [len(piece) for piece in pieces] == [size, size]
    assert np.concatenate(pieces).tolist() == list(range(2 * size))


def test_static_pieces_of_unknown_pace_are_small():
    settings = FarmSettings(dispatch="static", chunk_seconds=1e308)
    pace = Pace()
    chunks = plan(1000, 2, 100, settings, pace)
    assert len(chunks.next(0, 0)) == 4
    chunks.finished(np.arange(4), 0.0)
    assert len(chunks.next(0, 0)) == 100, "as many as fit into a message"


def test_a_senseless_prediction_counts_as_average():
    weights = relative_weights(5, np.array([2.0, np.nan, np.inf, -1.0, 4.0]))
    assert weights.tolist() == pytest.approx([2 / 3, 1, 1, 1, 4 / 3])
    assert relative_weights(2, np.array([0.0, np.nan])).tolist() == [1, 1]


def test_cost_of_wrong_shape_is_refused():
    with pytest.raises(ValueError, match=r"shape \(3,\), expected \(4,\)"):
        relative_weights(4, np.ones(3))


def lognormal(seed, sigma=1.0):
    return np.random.default_rng(seed).lognormal(np.log(0.05) - sigma**2 / 2, sigma, 2000)


def mean_efficiency(settings, error, workers=63):
    """Mean over ten sets of 2 000 log-normal tasks (mean 50 ms, sigma 1), in virtual time."""
    efficiencies = []
    for seed in range(10):
        tasks = lognormal(seed)
        rng = np.random.default_rng(100 + seed)
        cost = None if error is None else tasks * rng.lognormal(0, error, len(tasks))
        end = makespan(tasks, workers, settings, cost, answer=1e-3)
        efficiencies.append(tasks.sum() / workers / end)
    return np.mean(efficiencies)


@pytest.mark.parametrize("error", [0.0, 0.3, 0.7])
def test_predictions_keep_all_workers_busy_to_the_end(error):
    assert mean_efficiency(FarmSettings(), error) > 0.96


def test_chunks_and_prefetching_cost_nothing_without_predictions():
    # One task at a time to whoever is free is the best that can be done without knowing more.
    best = mean_efficiency(FarmSettings(chunk=1, prefetch=0), None)
    assert mean_efficiency(FarmSettings(), None) > best - 0.01
