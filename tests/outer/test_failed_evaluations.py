"""Evaluations that fail, and checkpoints whose results are not what is read again."""

import numpy as np
import pytest

from dsage_mpi.core.state import CheckpointError
from tests.outer.loops import METHODS, digest_of, make, run
from tests.outer.toy import GridDomain, config


@pytest.mark.parametrize("method", METHODS)
def test_failed_evaluations_count_but_add_nothing(method):
    domain = GridDomain(fails=lambda task: task["seed"] % 3 == 0)
    loop = make(config(method), domain)
    run(loop)
    failed = loop.record["failed"]
    assert len(loop.record) == 90
    assert 10 < failed.sum() < 60
    assert sorted(loop.record.reasons) == list(np.flatnonzero(failed))
    assert "dislikes seed" in loop.record.reasons[int(np.flatnonzero(failed)[0])]
    assert not np.isin(np.flatnonzero(failed), loop.archive.data("evaluation")).any()
    assert np.isnan(loop.record["objective"][failed]).all()
    levels = loop.record["solution"].reshape(loop.record["level"].shape)
    np.testing.assert_array_equal(loop.record["level"], levels)  # of failed ones, too


@pytest.mark.parametrize("quantity", ["objective", "measures", "occupancy"])
@pytest.mark.parametrize("method", METHODS)
def test_results_that_are_not_finite_are_failed_evaluations(method, quantity):
    class Sick(GridDomain):
        def interpret(self, tasks, results):
            evaluations = super().interpret(tasks, results)
            getattr(evaluations, quantity)[tasks["seed"] % 3 == 0] = np.nan
            return evaluations

    loop = make(config(method), Sick())
    run(loop)
    failed = loop.record["failed"]
    assert len(loop.record) == 90
    assert 10 < failed.sum() < 60
    assert f"NaN or infinite {quantity}" in loop.record.reasons[int(np.flatnonzero(failed)[0])]


@pytest.mark.parametrize("method", METHODS)
def test_results_that_a_domain_calls_impossible_are_failed_evaluations(method):
    class Suspicious(GridDomain):
        def impossible(self, results):
            return {int(k): "score = 2" for k in np.flatnonzero(results["score"] > 0.8)}

    loop = make(config(method), Suspicious())
    run(loop)
    failed = loop.record["failed"]
    assert 10 < failed.sum() < 80
    np.testing.assert_array_equal(failed, loop.record["result"]["score"] > 0.8)
    reason = loop.record.reasons[int(np.flatnonzero(failed)[0])]
    assert reason == "the simulator's result is impossible: score = 2"
    assert loop.archive.data("objective").max() <= 0.8


def test_run_whose_every_evaluation_fails_still_ends():
    loop = make(config(), GridDomain(fails=lambda task: True))
    run(loop)
    assert len(loop.record) == 90
    assert loop.archive.empty


def test_edited_checkpoint_is_refused():
    loop = make(config("map_elites"))
    run(loop)
    state = loop.state()
    state["archive"]["objective"] = state["archive"]["objective"] + 1
    with pytest.raises(CheckpointError, match="objective"):
        make(config("map_elites")).load_state(state)


class OtherProcessor(GridDomain):
    """Rounds a little differently, and so makes another level of one solution."""

    def interpret(self, tasks, results):
        again = super().interpret(tasks, results)
        again.objective[:] = np.nextafter(again.objective, 1)
        again.levels[:1, 0, 0] ^= 1
        return again


@pytest.mark.parametrize("method", METHODS)
def test_a_run_goes_on_where_numbers_are_rounded_differently(method):
    loop = make(config(method))
    run(loop, stop_after=3)
    state = loop.state()
    again = make(config(method), OtherProcessor())
    again.load_state(state)
    assert digest_of(again) == digest_of(loop)
    if method == "dsage":
        for name, column in loop.method._data.arrays().items():
            np.testing.assert_array_equal(again.method._data.arrays()[name], column)


@pytest.mark.parametrize("quantity", ["objective", "measures", "levels", "metadata"])
def test_results_that_are_read_in_another_way_are_refused(quantity):
    class OtherVersion(GridDomain):
        def interpret(self, tasks, results):
            again = super().interpret(tasks, results)
            getattr(again, quantity)[:] += 1
            return again

    loop = make(config("map_elites"))
    run(loop)
    with pytest.raises(CheckpointError, match=f"do not give the recorded {quantity}: .* version"):
        make(config("map_elites"), OtherVersion()).load_state(loop.state())
