from __future__ import annotations

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from dsage_mpi.core.domain import DomainError
from dsage_mpi.training.maze_agent.level_source import prepare_levels
from dsage_mpi.training.maze_agent.network import initial_parameters
from dsage_mpi.training.maze_agent.settings import ValidationSettings
from dsage_mpi.training.maze_agent.validation import play_episodes, validation_levels


def test_validation_levels_have_the_density_and_can_be_solved() -> None:
    batch = validation_levels(np.random.default_rng(1), 0.3, 25)
    assert len(batch) == 25
    inner = batch.grids.reshape(25, 26, 26)[:, 5:-5, 5:-5]
    assert abs((inner == 1).mean() - 0.3) < 0.03
    assert (batch.distances[np.arange(25), batch.starts] > 0).all()


def test_episodes_end_at_the_goal_or_the_limit() -> None:
    parameters = initial_parameters(np.random.default_rng(2))
    parameters["actor.1.linear.bias"] = torch.tensor([0.0, 0.0, 1.0, -9.0, -9.0, -9.0, -9.0])
    near = np.ones((2, 16, 16), np.uint8)
    near[0, 0, :2] = 0
    near[1, 8, 3:9] = 0
    success, length = play_episodes(parameters, prepare_levels(near), 6, np.random.default_rng(3))
    assert success.all()
    assert length[0].mean() < length[1].mean()
    parameters["actor.1.linear.bias"] = torch.tensor([9.0, -9.0, -9.0, -9.0, -9.0, -9.0, -9.0])
    success, length = play_episodes(parameters, prepare_levels(near), 2, np.random.default_rng(3))
    assert not success.any()
    assert (length == 648).all()


def test_densities_without_endpoints_are_refused() -> None:
    with pytest.raises(DomainError, match="too few levels of wall density 1 have endpoints"):
        validation_levels(np.random.default_rng(1), 1.0, 5)


@pytest.mark.parametrize("density", [-1.5, 1.01])
def test_densities_are_shares(density: float) -> None:
    with pytest.raises(ValidationError, match=r"densities\.1"):
        ValidationSettings(densities=(0.1, density))
