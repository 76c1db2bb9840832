from __future__ import annotations

import numpy as np
import pytest

from dsage_mpi.domains.mario.records import LOSE, ROLLOUT_DTYPE, WIN
from dsage_mpi.domains.mario.results import METADATA_NAMES, Reading, impossible
from dsage_mpi.domains.mario.settings import MEASURES
from tests.domains.mario import levels


def fields(level=None, **rollouts):
    """Measures of one evaluation whose rollouts have these values, one list per field."""
    count = len(next(iter(rollouts.values()))) if rollouts else 1
    tasks, results = levels.evaluation(levels.flat() if level is None else level, count)
    for name, values in rollouts.items():
        results["rollout"][name] = values
    return {name: values[0] for name, values in Reading(tasks, results).fields().items()}


def test_every_measure_and_column_is_there():
    found = fields()
    assert tuple(found) == METADATA_NAMES
    assert set(MEASURES) <= set(found)
    assert set(ROLLOUT_DTYPE.names) - set(found) == {
        *("status", "kills", "kills_by_type", "tile_coins")  # under the names of measures
    }


def test_sky_is_the_upper_nine_rows():
    level = levels.flat()
    levels.put(level, 0, 0, "o")
    levels.put(level, 8, 50, "g|MFS%")
    levels.put(level, 9, 10, "SSSS")  # no sky any more
    assert fields(level)["sky_tiles"] == 7


def test_enemies_are_counted_wherever_they_are():
    level = levels.flat()
    levels.put(level, 2, 5, "ygkr")
    levels.put(level, 13, 5, "gg*")
    assert fields(level)["num_enemies"] == 6


def test_means_over_rollouts():
    found = fields(
        jumps=[3, 4, 6], kills=[0, 1, 1], completion=[1.0, 0.5, 0.25], ticks=[90, 91, 20]
    )
    assert found["jumps"] == pytest.approx(13 / 3)
    assert found["enemies_killed"] == pytest.approx(2 / 3)
    assert found["completion"] == pytest.approx(1.75 / 3)
    assert found["ticks"] == pytest.approx(67)


def test_completion_is_widened_before_it_is_averaged():
    tasks, results = levels.evaluation(levels.flat(), 3)
    results["rollout"]["completion"] = np.float32(0.1)
    tenth = float(np.float32(0.1))
    assert Reading(tasks, results).objective()[0] == (tenth + tenth + tenth) / 3


@pytest.mark.parametrize(
    ("measure", "field", "below", "above"),
    [
        ("jumped", "jumps", 0, 1),
        ("high_jump", "max_air_time", 12, 13),
        ("long_jump", "max_x_jump", 120.0, 120.1),
        ("stomped", "kills_stomp", 0, 1),
        ("shell_kill", "kills_shell", 0, 2),
        ("fall_kill", "kills_fall", 0, 1),
        ("mushroom", "mushrooms", 0, 1),
        ("coin", "tile_coins", 0, 1),
    ],
)
def test_flags_are_shares_of_rollouts(measure, field, below, above):
    assert fields(**{field: [below]})[measure] == 0
    assert fields(**{field: [above]})[measure] == 1
    assert fields(**{field: [below, above, below, above]})[measure] == 0.5


def test_win_rate_and_coins():
    found = fields(status=[WIN, LOSE, WIN, WIN], coins=[0, 2, 4, 6], tile_coins=[0, 0, 0, 0])
    assert found["win_rate"] == 0.75
    assert (found["coins"], found["coins_collected"]) == (3, 0)


def test_occupancy_is_a_mean_over_rollouts():
    tasks, results = levels.evaluation(levels.flat(), 4)
    results["occupancy"][0, 13, 7] = 6
    occupancy = Reading(tasks, results).occupancy()
    assert occupancy.dtype == np.float32
    assert occupancy.shape == (1, 16, 56)
    assert occupancy[0, 13, 7] == 1.5
    assert occupancy.sum() == 1.5


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("completion", 1.01, "completion = 1.01, expected 0 to 1"),
        ("kills", -1, "kills = -1, expected"),
        ("kills_by_type", -1, "kills_by_type = -1"),
        ("ticks", 2 * 10**9, "ticks = 2e+09"),
        ("max_x_jump", -0.5, "max_x_jump = -0.5"),
    ],
)
def test_impossible_values_are_found_in_any_rollout(field, value, told):
    _, results = levels.evaluation(levels.flat(), 3)
    assert impossible(results) == {}
    results["rollout"][field][0, 2] = value
    (reason,) = impossible(results).values()
    assert told in reason


def test_what_is_possible_although_odd():
    _, results = levels.evaluation(levels.flat(), 2)
    assert impossible(results[:0]) == {}
    rollout = results["rollout"]
    rollout["completion"] = np.float32(1) + np.finfo(np.float32).eps
    rollout["lives"], rollout["remaining_time"] = -1, -30
    rollout["max_x_jump"] = np.nan  # no number at all: told by others
    assert impossible(results) == {}


def test_impossible_visits_are_found():
    _, results = levels.evaluation(levels.flat(), 2)
    results["occupancy"][0, 3, 3] = -1
    assert impossible(results) == {0: "occupancy = -1, expected 0 to 100000000"}
