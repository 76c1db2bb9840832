"""The "dsage" protocol: recorded evaluations replayed, bit-identity, statistics."""

from __future__ import annotations

import numpy as np
import pytest

from dsage_mpi.domains.maze import _native
from dsage_mpi.domains.maze.results import Reading
from dsage_mpi.domains.maze.settings import MazeSettings
from dsage_mpi.domains.maze.simulator import TASK_DTYPE, result_dtype
from tests.domains.maze import golden
from tests.domains.maze.statistics import assert_all_agree, pooled_variance, z_scores

EVALUATIONS = range(17)


def _tape(number):
    tapes = golden.load("evaltapes")
    steps = slice(tapes["et_off"][number], tapes["et_off"][number + 1])
    level = golden.levels()[tapes["et_level"][number]]
    return level, tapes["et_actions"][steps].astype(np.uint8), tapes["et_directions"][steps]


def _reading(level, raw, **settings):
    configured = MazeSettings(name="maze", protocol="dsage", **settings)
    task, result = np.zeros(1, TASK_DTYPE), np.zeros(1, result_dtype(configured))
    task["level"] = level
    for name in result.dtype.names:
        result[name] = raw[name]
    return Reading(configured, task, result)


@pytest.mark.parametrize("number", EVALUATIONS)
def test_recorded_evaluation(number):
    level, actions, directions = _tape(number)
    raw = _native.Agent(golden.random_weights(0)).replay_original(level, 50, actions)
    recorded = {
        name[3:]: value[number]
        for name, value in golden.load("evaltapes").items()
        if len(value) == len(EVALUATIONS)
    }
    assert raw["steps"] == len(actions)
    np.testing.assert_array_equal(raw["directions"], directions)
    np.testing.assert_array_equal(raw["length"][0], recorded["path_lengths"])
    np.testing.assert_array_equal(raw["success"][0], 1 - recorded["failed"])
    np.testing.assert_array_equal(raw["left_turns"][0], recorded["left_turns"])
    np.testing.assert_array_equal(raw["right_turns"][0], recorded["right_turns"])

    reading = _reading(level, raw)
    for name in (
        "n_repeated_cells",
        "frac_explored_cells",
        "n_left_turns",
        "n_right_turns",
        "agent_path_length",
    ):
        assert reading.fields()[name][0] == pytest.approx(recorded[name], abs=1e-12)
    np.testing.assert_allclose(
        reading.augmented_levels()[0], recorded["occupancy"], rtol=0, atol=1e-12
    )
    turns = _reading(level, raw, augment="turns")
    np.testing.assert_allclose(
        turns.augmented_levels()[0], recorded["turns_level"], rtol=0, atol=1e-12
    )
    assert turns.fields()["n_repeated_cells"][0] == 0
    explored = turns.fields()["frac_explored_cells"][0]
    assert explored == pytest.approx(recorded["frac_explored_cells_turns"], abs=1e-12)
    objectives = [
        _reading(level, raw, objective=kind).objective()[0]
        for kind in ("accel", "accel_fail", "accel_none")
    ]
    np.testing.assert_allclose(objectives, recorded["agg_obj"], rtol=0, atol=1e-12)


@pytest.mark.parametrize("number", EVALUATIONS)
def test_recorded_log_probabilities(number):
    level, actions, _ = _tape(number)
    recorded = golden.load("evaltapes")["et_logprobs"][number]
    agent = _native.Agent(golden.published_weights())
    logits = agent.replay_original(level, 50, actions, len(recorded))["logits"]
    logits = logits.astype(np.float64)
    logits -= np.log(np.exp(logits).sum(axis=-1, keepdims=True))
    np.testing.assert_allclose(logits, recorded[: len(logits)], rtol=0, atol=1e-4)


def test_a_tape_that_is_too_short_is_refused():
    level, actions, _ = _tape(0)
    with pytest.raises(ValueError, match="tape ends"):
        _native.Agent(golden.random_weights(0)).replay_original(level, 50, actions[:-1])


def _run(agent, levels, seeds, **options):
    return agent.original(levels, np.asarray(seeds, np.uint64), 12, turns=True, **options)


def test_a_result_does_not_depend_on_its_batch():
    agent = _native.Agent(golden.random_weights(2))
    levels, seeds = golden.random_levels(31, 8), np.arange(8) * 7
    levels[5] = 1
    whole = _run(agent, levels, seeds)
    order = np.random.default_rng(0).permutation(8)
    again = _run(agent, levels[order], seeds[order])
    small = _run(agent, levels, seeds, rows=30)
    alone = _run(agent, levels[7:8], seeds[7:8], rows=1)
    for name in set(whole) - {"network_rows"}:
        np.testing.assert_array_equal(again[name], whole[name][order], err_msg=name)
        np.testing.assert_array_equal(small[name], whole[name], err_msg=name)
        np.testing.assert_array_equal(alone[name][0], whole[name][7], err_msg=name)


def test_counts_of_a_sampled_evaluation():
    levels = golden.random_levels(32, 8)
    out = _run(_native.Agent(golden.random_weights(2)), levels, np.arange(8))
    # The first ten episodes to start face up; unfinished episodes are in the occupancy.
    assert (out["occupancy"].sum(axis=(1, 2)) >= out["length"].sum(axis=1)).all()
    assert (out["distinct_cells"] <= out["length"]).all()
    assert (out["turns"][:, 0].sum(axis=(1, 2)) >= out["left_turns"].sum(axis=1)).all()
    assert (out["success"] | (out["length"] == 648)).all()


def test_recorded_statistics():
    agent = _native.Agent(golden.published_weights())
    recorded, runs, levels = golden.load("stats"), 2, golden.levels()
    outs = [
        agent.original(levels, np.arange(60, dtype=np.uint64) + 100 * run, 50)
        for run in range(runs)
    ]
    reachable = np.maximum(outs[0]["n_reachable"], 1)
    ours = {
        "mean_length": [out["length"].mean(axis=1) for out in outs],
        "fail_rate": [1 - out["success"].mean(axis=1) for out in outs],
        "n_repeated_cells": [out["repeated"] / 50 for out in outs],
        "frac_explored_cells": [
            (out["occupancy"] > 0).sum(axis=(1, 2)) / reachable for out in outs
        ],
    }
    reference = 20  # runs that the reference's means and deviations are of
    scores = []
    least = {"mean_length": 0.3, "n_repeated_cells": 0.3, "fail_rate": 0.02}
    for name, values in ours.items():
        sd = recorded[f"ref_orig_{name}_sd"]
        some = golden.playable() & (sd > least.get(name, 1e-3))
        # With that of the reference alone, a rare episode that it has not seen would be an error.
        seen = pooled_variance(np.stack(values, axis=1), recorded[f"orig_{name}"])
        freedom = recorded[f"orig_{name}"].shape[1] + runs - 2
        variance = ((reference - 1) * sd**2 + freedom * seen) / (reference - 1 + freedom)
        spread = np.sqrt(variance * (1 / runs + 1 / reference))
        theirs = recorded[f"ref_orig_{name}"]
        scores.append(z_scores(np.mean(values, axis=0), theirs, spread, some))
    assert_all_agree(scores)
