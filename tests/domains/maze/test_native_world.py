"""The simulated world: recorded action sequences, views, random streams."""

from __future__ import annotations

from collections import deque
from itertools import pairwise

import numpy as np
import pytest

from dsage_mpi.domains.maze import _native
from tests.domains.maze import golden

_DX, _DY = np.array([1, 0, -1, 0]), np.array([0, 1, 0, -1])


def test_recorded_tapes():
    tapes, levels = golden.load("tapes"), golden.levels()
    for q, number in enumerate(tapes["tape_level"]):
        steps = slice(tapes["tape_off"][q], tapes["tape_off"][q + 1])
        after = slice(tapes["tape_state_off"][q], tapes["tape_state_off"][q + 1])
        states, rewards, done = _native.replay(
            levels[number],
            int(tapes["tape_init_dir"][q]),
            tapes["tape_action"][steps].astype(np.uint8),
        )
        np.testing.assert_array_equal(rewards, tapes["tape_reward"][steps])
        np.testing.assert_array_equal(done, tapes["tape_done"][steps])
        there = states >= 0
        x, y, direction = (tapes[f"tape_{name}"][after].astype(int) for name in ("x", "y", "dir"))
        np.testing.assert_array_equal(np.where(there, states // 4 % 16 + 1, -1), x)
        np.testing.assert_array_equal(np.where(there, states // 64 + 1, -1), y)
        np.testing.assert_array_equal(np.where(there, states % 4, -1), direction)
        observed = tapes["tape_obs"][after][there]
        views = _native.views(levels[number], states[there]).reshape(-1, 5, 5)
        np.testing.assert_array_equal(_observations(views), observed)


def _observations(views):
    """(n, 5, 5) tile kinds as type, colour, state."""
    return np.array([[1, 0, 0], [2, 5, 0], [8, 1, 0]], np.uint8)[views]


def test_view_axes():
    level = np.zeros((16, 16), np.uint8)
    level[4, 9] = 1  # the agent at (5, 8) looks up: one ahead, one to its right
    view = _native.views(level, np.array([4 * (16 * 5 + 8) + 3], np.int16)).reshape(5, 5)
    assert view[3, 3] == 1
    assert view.sum() == 1


def test_replay_refuses_actions_after_the_end():
    with pytest.raises(ValueError, match="ends before"):
        _native.replay(np.zeros((16, 16), np.uint8), 0, np.full(649, 6, np.uint8))


@pytest.mark.parametrize("stream", [0, 1, 49])
def test_philox_is_numpys(stream):
    seed = 2**63 + 5
    expected = np.random.Philox(key=np.array([seed, stream], np.uint64)).random_raw(41)
    np.testing.assert_array_equal(_native.philox(seed, stream, 41), expected)


def test_direction_stream_is_numpys():
    state = np.random.RandomState([1613959344, 2883369939])
    expected = state.randint(0, 2**32, size=2000, dtype=np.uint32)
    np.testing.assert_array_equal(_native.direction_stream(2000), expected)


def _way(level, start, goal):
    """Cells of a shortest way from start to goal."""
    before, queue = {goal: -1}, deque([goal])
    while queue:
        cell = queue.popleft()
        row, col = divmod(cell, 16)
        for r, c in ((row - 1, col), (row, col - 1), (row, col + 1), (row + 1, col)):
            if 0 <= r < 16 and 0 <= c < 16 and not level[r, c] and 16 * r + c not in before:
                before[16 * r + c] = cell
                queue.append(16 * r + c)
    way = [start]
    while way[-1] != goal:
        way.append(before[way[-1]])
    return way


def _actions(way, direction):
    """Actions along a way, turning right until the agent looks the right way."""
    actions = []
    for here, there in pairwise(way):
        step = (there % 16 - here % 16, there // 16 - here // 16)
        while (_DX[direction], _DY[direction]) != step:
            actions.append(1)
            direction = (direction + 1) % 4
        actions.append(2)
    return actions


def _directions_at_starts(level, episodes):
    """Initial directions of the ten environments, which all play the same episodes."""
    actions = np.repeat(np.concatenate(episodes).astype(np.uint8)[:, None], 10, axis=1)
    agent = _native.Agent(golden.random_weights(0))
    out = agent.replay_original(level, 10 * len(episodes), actions)
    assert out["steps"] == len(actions)
    starts = np.cumsum([0] + [len(actions) for actions in episodes[:-1]])
    found = out["directions"][starts]
    assert (found == found[:, :1]).all()
    return found[:, 0]


@pytest.mark.parametrize("number", range(0, 60, 4))
def test_directions_when_every_episode_succeeds(number):
    recorded = golden.load("levels")
    if not golden.playable()[number]:
        pytest.skip("degenerate level")
    level = recorded["level"][number]
    # Entry 0 of the record is the draw at construction, which nobody sees.
    expected = recorded["dirstream_success"][number][1:]
    way = _way(level, *(int(recorded[name][number] @ [16, 1]) for name in ("start", "goal")))
    episodes = [_actions(way, int(direction)) for direction in expected]
    np.testing.assert_array_equal(_directions_at_starts(level, episodes), expected)


def test_directions_when_every_episode_times_out():
    expected = golden.load("levels")["dirstream_timeout"][1:]
    episodes = [[6] * 648] * len(expected)
    found = _directions_at_starts(golden.levels()[0], episodes)
    np.testing.assert_array_equal(found, expected)
