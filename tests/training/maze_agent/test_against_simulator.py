"""What is trained is what the native simulator plays: same rules, same views, same network."""

from __future__ import annotations

import numpy as np
import torch

from dsage_mpi.domains.maze import _native
from dsage_mpi.training.maze_agent.checkpoint import parameters_to_arrays
from dsage_mpi.training.maze_agent.environments import Environments
from dsage_mpi.training.maze_agent.grid import GRID_SIZE, PAD
from dsage_mpi.training.maze_agent.level_source import density_levels, prepare_levels
from dsage_mpi.training.maze_agent.network import HIDDEN, Actor, initial_parameters


def test_environments_step_like_the_simulator() -> None:
    rng = np.random.default_rng(1)
    levels = density_levels(rng, np.linspace(0.1, 0.6, 12))
    for number, level in enumerate(levels):
        actions = rng.choice(7, 648, p=[0.15, 0.15, 0.5, 0.05, 0.05, 0.05, 0.05]).astype(np.uint8)
        environments = Environments(1)
        environments.reset(np.array([0]), prepare_levels(level[None]), np.array([number % 4]))
        states, views, rewards, done = [], [], [], False
        while not done:
            row, column = divmod(int(environments.cell[0]), GRID_SIZE)
            cell = 16 * (row - PAD) + column - PAD
            states.append(4 * cell + int(environments.direction[0]))
            views.append(environments.views()[0])
            outcome = environments.step(actions[len(rewards)][None].astype(np.int64))
            rewards.append(outcome.reward[0])
            done = bool(outcome.done[0])
        played = len(rewards)
        expected = _native.replay(level, number % 4, actions[:played])
        np.testing.assert_array_equal(states, expected[0][:played])
        np.testing.assert_allclose(rewards, expected[1], atol=1e-6)
        assert expected[2].tolist() == [0] * (played - 1) + [1]
        seen = _native.views(level, np.array(states, dtype=np.int16))
        np.testing.assert_array_equal(np.array(views), seen.reshape(played, -1))


def test_network_computes_what_the_simulator_computes() -> None:
    rng = np.random.default_rng(2)
    parameters = initial_parameters(rng)
    rows = 9
    views = rng.integers(0, 3, (rows, 25)).astype(np.uint8)
    directions = rng.integers(0, 4, rows)
    hidden, cell = (rng.standard_normal((rows, HIDDEN)).astype(np.float32) for _ in range(2))
    actor = Actor(parameters, rows, torch.float32)
    actor.hidden, actor.cell = torch.tensor(hidden), torch.tensor(cell)
    logits, values = actor.step(torch.tensor(views), torch.tensor(directions))
    agent = _native.Agent(parameters_to_arrays(parameters))
    codes = (1 << directions).astype(np.uint8)
    expected = agent.forward(views, codes, hidden, cell)
    np.testing.assert_allclose(logits.numpy(), expected["logits"], atol=1e-4)
    np.testing.assert_allclose(values.numpy(), expected["value"], atol=1e-4)
    np.testing.assert_allclose(actor.hidden.numpy(), expected["h"], atol=1e-4)
