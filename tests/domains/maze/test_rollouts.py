"""The "independent" protocol: an oracle, bit-identity, statistics."""

from __future__ import annotations

import numpy as np
import pytest

from dsage_mpi.domains.maze import _native
from dsage_mpi.domains.maze.levels import analyse
from tests.domains.maze import golden
from tests.domains.maze.statistics import assert_all_agree, pooled_variance, z_scores

EPISODES = 6
ISAS = [isa for isa in _native.supported_isas().split(", ") if isa != "generic"]


def _run(agent, levels, seeds, **options):
    out = agent.rollouts(levels, np.asarray(seeds, np.uint64), EPISODES, **options)
    del out["network_rows"]  # depends on how rows are shared, as it should
    return out


def _equal(first, second, pick=slice(None)):
    for name, value in second.items():
        np.testing.assert_array_equal(first[name][pick], value, err_msg=name)


def _reference(agent, level, seed, episodes):
    """One episode after another, straight from maze.md sections 2, 4, 5 and 9."""
    start, goal = (int(x[0]) for x in (analyse(level[None]).start, analyse(level[None]).goal))
    for e in range(episodes):
        random = np.random.Philox(key=np.array([seed, e], np.uint64))
        state = 4 * start + int(random.random_raw() >> 62)
        hidden = cell = np.zeros((1, 256), np.float32)
        result = {"initial_direction": state % 4, "length": 0, "left": 0, "right": 0, "cells": []}
        success = False
        while not success and result["length"] < 648:
            view = _native.views(level, np.array([state], np.int16))
            out = agent.forward(view, np.array([1 << state % 4], np.uint8), hidden, cell)
            hidden, cell = out["h"], out["c"]
            weight = np.exp(out["logits"][0].astype(np.float64) - out["logits"].max()).cumsum()
            draw = float(random.random_raw() >> 11) * 2.0**-53
            action = int(np.searchsorted(weight, draw * weight[-1], side="right"))
            result["cells"].append(state // 4)
            result["length"] += 1
            result["left"] += action == 0
            result["right"] += action == 1
            if action < 2:
                state = state // 4 * 4 + (state + (3, 1)[action]) % 4
            elif action == 2:
                row = state // 64 + (0, 1, 0, -1)[state % 4]
                col = state // 4 % 16 + (1, 0, -1, 0)[state % 4]
                if 0 <= row < 16 and 0 <= col < 16 and not level[row, col]:
                    success = 16 * row + col == goal
                    state = 4 * (16 * row + col) + state % 4
        yield result | {"success": success}


def test_agrees_with_plain_python():
    agent = _native.Agent(golden.random_weights(2))
    levels, seeds = golden.narrow_levels(21, 4), [5, 2**64 - 1, 0, 77]
    out = _run(agent, levels, seeds, turns=True)
    assert 0 < out["success"].mean() < 1
    for k, (level, seed) in enumerate(zip(levels, seeds, strict=True)):
        occupancy = np.zeros(256, int)
        for e, expected in enumerate(_reference(agent, level, seed, EPISODES)):
            np.add.at(occupancy, expected["cells"], 1)
            found = {
                "initial_direction": out["initial_direction"][k, e],
                "length": out["length"][k, e],
                "left": out["left_turns"][k, e],
                "right": out["right_turns"][k, e],
                "success": out["success"][k, e],
                "distinct": out["distinct_cells"][k, e],
            }
            expected["distinct"] = len(set(expected.pop("cells")))
            assert found == expected
        np.testing.assert_array_equal(out["occupancy"][k].reshape(-1), occupancy)
        turns = out["left_turns"][k].sum(), out["right_turns"][k].sum()
        np.testing.assert_array_equal(out["turns"][k].sum(axis=(1, 2)), turns)


def test_a_result_does_not_depend_on_its_batch():
    agent = _native.Agent(golden.random_weights(2))
    levels, seeds = golden.random_levels(22, 12), np.arange(12) * 7
    whole = _run(agent, levels, seeds)
    order = np.random.default_rng(0).permutation(12)
    _equal(whole, _run(agent, levels[order], seeds[order]), order)
    for first, end in ((0, 1), (1, 4), (4, 12)):
        part = slice(first, end)
        _equal(whole, _run(agent, levels[part], seeds[part]), part)
    # A fresh agent has seen nothing; this one has a table full of other levels' views.
    _equal(whole, _run(_native.Agent(golden.random_weights(2)), levels, seeds))


@pytest.mark.parametrize(
    "options",
    [
        {"rows": 1, "levels_in_flight": 1},
        {"rows": 5},
        {"rows": 999, "levels_in_flight": 99},
        {"share": False},
        {"share": False, "rows": 1},
    ],
)
def test_a_result_does_not_depend_on_how_rows_are_scheduled(options):
    agent = _native.Agent(golden.random_weights(2))
    levels, seeds = golden.random_levels(23, 8), np.arange(8)
    _equal(_run(agent, levels, seeds), _run(agent, levels, seeds, **options))


@pytest.mark.parametrize("cached_views", [1, 100])
def test_a_full_table_of_views_starts_anew(cached_views):
    levels, seeds = golden.random_levels(24, 6), np.arange(6)
    weights = golden.random_weights(2)
    small = _native.Agent(weights, cached_views=cached_views)
    _equal(_run(_native.Agent(weights), levels, seeds), _run(small, levels, seeds))


@pytest.mark.skipif(len(ISAS) < 2, reason="needs two instruction sets with FMA")
def test_fp32_results_are_the_same_on_every_instruction_set():
    levels, seeds = golden.random_levels(25, 8), np.arange(8)
    first, *others = (
        _run(_native.Agent(golden.random_weights(2), isa), levels, seeds) for isa in ISAS
    )
    for other in others:
        _equal(first, other)


def test_seeds_matter():
    agent = _native.Agent(golden.random_weights(2))
    level = np.zeros((2, 16, 16), np.uint8)
    out = _run(agent, level, [1, 2])
    assert (out["length"][0] != out["length"][1]).any()


def test_shared_rows_are_fewer():
    agent = _native.Agent(golden.random_weights(2))
    levels, seeds = golden.random_levels(26, 4), np.arange(4, dtype=np.uint64)
    alone = agent.rollouts(levels, seeds, EPISODES, share=False)
    shared = agent.rollouts(levels, seeds, EPISODES)
    assert alone["network_rows"] == alone["length"].sum()
    assert shared["network_rows"] < alone["network_rows"]


def test_bad_calls_are_refused():
    agent = _native.Agent(golden.random_weights(0))
    levels = np.zeros((2, 16, 16), np.uint8)
    with pytest.raises(ValueError, match="seed per level"):
        agent.rollouts(levels, np.zeros(1, np.uint64), 5)
    with pytest.raises(ValueError, match="episodes"):
        agent.rollouts(levels, np.zeros(2, np.uint64), 0)
    with pytest.raises(ValueError, match="level 0"):
        agent.rollouts(levels + 2, np.zeros(2, np.uint64), 5)


def _recorded_statistics(agent):
    recorded, count = golden.load("stats"), 120
    out = agent.rollouts(golden.levels(), np.arange(60, dtype=np.uint64) + 1000, count)
    playable = golden.playable()
    length_sd = recorded["ref_clean_std_length"]
    yield z_scores(
        out["length"].mean(axis=1),
        recorded["ref_clean_mean_length"],
        length_sd * np.sqrt(1 / count + 1 / 1000),
        playable & (length_sd > 0.3),
    )
    lengths, repeated = out["length"].astype(float), out["length"] - out["distinct_cells"] * 1.0
    # Episodes so rare that only the reference has some run on to the time-out, over and over the
    # same cells: what the lengths of the samples lack of its variance, the repetitions lack, too.
    lacking = length_sd**2 - pooled_variance(lengths, recorded["clean_length"])
    repeated_sd = np.sqrt(
        pooled_variance(repeated, recorded["clean_repeated"]) + np.maximum(lacking, 0.0)
    )
    yield z_scores(
        repeated.mean(axis=1),
        recorded["ref_clean_mean_repeated"],
        repeated_sd * np.sqrt(1 / count + 1 / 1000),
        playable & (repeated_sd > 0.3),
    )
    rate = recorded["ref_clean_success"]
    variance = rate * (1 - rate)
    yield z_scores(
        out["success"].mean(axis=1),
        rate,
        np.sqrt(variance * (1 / count + 1 / 1000)),
        playable & (variance > 0.02),
    )
    names = ("left_turns", "clean_left_turns"), ("right_turns", "clean_right_turns")
    for ours, theirs in names:
        a, b = out[ours].astype(float), recorded[theirs].astype(float)
        spread = np.sqrt(pooled_variance(a, b) * (1 / count + 1 / b.shape[1]))
        some = playable & (a.std(axis=1) > 0.3) & (b.std(axis=1) > 0.3)
        yield z_scores(a.mean(axis=1), b.mean(axis=1), spread, some)
    # Occupancy, cell by cell: mean visits per episode.
    difference = out["occupancy"] / count - recorded["ref_clean_occupancy"]
    spread = recorded["clean_occupancy_std"] * np.sqrt(1 / count + 1 / 1000)
    # Where the recorded episodes, which the deviation is of, are like the reference's.
    alike = recorded["clean_length"].std(axis=1) > 0.7 * length_sd
    some = (playable & alike)[:, None, None] & (recorded["clean_occupancy_std"] > 0.3)
    z = difference[some] / spread[some]
    assert abs(z.mean()) < 0.3
    assert z.std() < 1.4


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_recorded_statistics(precision):
    weights = golden.published_weights()
    if precision == "bf16" and "bf16" not in _native.supported_isas():
        pytest.skip("needs a CPU with AVX512_BF16")
    agent = _native.Agent(weights, bf16=precision == "bf16")
    assert_all_agree(list(_recorded_statistics(agent)))


@pytest.mark.skipif("bf16" not in _native.supported_isas(), reason="needs AVX512_BF16")
def test_bf16_agrees_with_fp32_closely_at_first():
    """Without a checkpoint: in short episodes hardly any draw falls between the two."""
    levels, seeds = golden.narrow_levels(27, 60), np.arange(60)
    fp32, bf16 = (
        _run(_native.Agent(golden.random_weights(2), bf16=flag), levels, seeds)
        for flag in (False, True)
    )
    short = (fp32["length"] <= 60) & (fp32["start"] >= 0)[:, None]
    assert short.sum() > 20
    assert (fp32["length"] == bf16["length"])[short].mean() > 0.9
