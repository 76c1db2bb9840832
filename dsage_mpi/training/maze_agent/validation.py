"""Success rate of a network on fixed levels, by complete sampled episodes."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from dsage_mpi.core.domain import DomainError
from dsage_mpi.training.maze_agent.environments import Environments
from dsage_mpi.training.maze_agent.level_source import LevelBatch, density_levels, prepare_levels
from dsage_mpi.training.maze_agent.network import Actor, Parameters, sample_actions


def validation_levels(rng: np.random.Generator, density: float, count: int) -> LevelBatch:
    """``count`` solvable random levels of one wall density.

    Raises:
        DomainError: if random levels of this density hardly ever have endpoints.
    """
    batch = prepare_levels(density_levels(rng, np.full(2 * count, density)))
    if len(batch) < count:
        raise DomainError(
            f"validation.densities: too few levels of wall density {density:g} have endpoints"
        )
    return batch.rows(np.arange(count))


def play_episodes(
    parameters: Parameters, levels: LevelBatch, episodes: int, rng: np.random.Generator
) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Plays ``episodes`` complete episodes per level in float32.

    Returns:
        Success and length of each episode, (levels, episodes) each.
    """
    index = np.repeat(np.arange(len(levels)), episodes)
    success = np.zeros(len(index), dtype=np.bool_)
    length = np.zeros(len(index), dtype=np.int64)
    running = np.arange(len(index))
    environments = Environments(len(index))
    environments.reset(running, levels.rows(index), rng.integers(0, 4, len(index)))
    actor = Actor(parameters, len(index), torch.float32)
    while len(running):
        views = torch.from_numpy(environments.views())
        logits, _ = actor.step(views, torch.from_numpy(environments.direction))
        outcome = environments.step(sample_actions(logits, rng).numpy())
        if outcome.done.any():
            ended = running[outcome.done]
            success[ended] = outcome.success[outcome.done]
            length[ended] = environments.steps[outcome.done]
            left = np.flatnonzero(~outcome.done)
            running = running[left]
            environments = _subset(environments, left)
            actor.hidden, actor.cell = actor.hidden[left], actor.cell[left]
    return success.reshape(-1, episodes), length.reshape(-1, episodes)


def _subset(environments: Environments, rows: NDArray[np.int64]) -> Environments:
    rest = Environments(len(rows))
    rest.levels = environments.levels.rows(rows)
    rest.cell = environments.cell[rows]
    rest.direction = environments.direction[rows]
    rest.steps = environments.steps[rows]
    rest.visited = environments.visited[rows]
    return rest
