from __future__ import annotations

import numpy as np
import pytest

from dsage_mpi.training.maze_agent.environments import MAX_STEPS, Environments
from dsage_mpi.training.maze_agent.level_source import prepare_levels

LEFT, RIGHT, FORWARD, NOTHING = 0, 1, 2, 6


def _corridor(length: int) -> Environments:
    """One environment: a corridor in the first row, start at its left end, facing right."""
    level = np.ones((1, 16, 16), np.uint8)
    level[0, 0, :length] = 0
    environments = Environments(1)
    environments.reset(np.array([0]), prepare_levels(level), np.array([0]))
    return environments


def test_moves_turns_and_bumps() -> None:
    environments = _corridor(5)
    start = environments.cell.copy()
    outcome = environments.step(np.array([FORWARD]))
    assert environments.cell[0] == start[0] + 1
    assert outcome.new_cell[0]
    assert outcome.nearer[0] == 1
    environments.step(np.array([LEFT]))
    assert environments.direction[0] == 3
    outcome = environments.step(np.array([FORWARD]))
    assert environments.cell[0] == start[0] + 1
    assert not outcome.new_cell[0]
    environments.step(np.array([LEFT]))
    assert environments.direction[0] == 2
    outcome = environments.step(np.array([FORWARD]))
    assert environments.cell[0] == start[0]
    assert not outcome.new_cell[0]
    assert outcome.nearer[0] == -1
    for action in range(3, 7):
        environments.step(np.array([action]))
    assert environments.cell[0] == start[0]
    assert environments.direction[0] == 2
    assert environments.steps[0] == 9


def test_goal_pays_by_the_number_of_steps_and_ends_the_episode() -> None:
    environments = _corridor(3)
    environments.step(np.array([FORWARD]))
    outcome = environments.step(np.array([FORWARD]))
    assert outcome.success[0]
    assert outcome.done[0]
    assert outcome.nearer[0] == 1
    assert outcome.reward[0] == pytest.approx(1.0 - 0.9 * 2 / 648)


@pytest.mark.parametrize("wait", [MAX_STEPS - 2, MAX_STEPS - 1])
def test_success_on_the_last_step_counts(wait: int) -> None:
    environments = _corridor(3)
    for _ in range(wait):
        outcome = environments.step(np.array([NOTHING]))
        assert not outcome.done[0]
    outcome = environments.step(np.array([FORWARD]))
    if wait == MAX_STEPS - 2:
        outcome = environments.step(np.array([FORWARD]))
        assert outcome.reward[0] == pytest.approx(0.1)
    assert outcome.done[0]
    assert outcome.success[0] == (wait == MAX_STEPS - 2)


def test_view_shows_goal_ahead_and_walls_beside() -> None:
    view = _corridor(5).views()[0].reshape(5, 5)
    assert view[2].tolist() == [2, 0, 0, 0, 0]
    assert (view[[0, 1, 3, 4]] == 1).all()
