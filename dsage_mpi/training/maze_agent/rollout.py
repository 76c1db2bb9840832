"""Collects segments of play: what the agent saw, did and earned in each environment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dsage_mpi.training.maze_agent.environments import Environments
from dsage_mpi.training.maze_agent.level_source import LevelSource
from dsage_mpi.training.maze_agent.network import HIDDEN, Actor, Parameters, sample_actions


@dataclass
class RewardWeights:
    """Weights of the auxiliary rewards at this moment of the training."""

    new_cell: float
    approach: float
    discount: float


@dataclass
class Segment:
    """One segment of ``time`` steps in ``n`` environments; tensors are (time, n) unless stated.

    Attributes:
        views: (time, n, 25) uint8 codes.
        directions: uint8.
        keep: (time, n, 1) float32, 0 where an episode begins.
        actions: int64.
        log_probabilities: Of the actions taken.
        values: Critic's estimates, one row more than steps.
        rewards: With auxiliary rewards; a time-out pays the discounted value of its last state.
        ends: float32, 1 where the episode ended with that step.
        state: Hidden and cell state, (n, 256) each, before the first step.
    """

    views: Tensor
    directions: Tensor
    keep: Tensor
    actions: Tensor
    log_probabilities: Tensor
    values: Tensor
    rewards: Tensor
    ends: Tensor
    state: tuple[Tensor, Tensor]


@dataclass
class EpisodeTotals:
    """Counts over the episodes that ended in a segment, those on remembered levels apart."""

    fresh: int = 0
    fresh_successes: int = 0
    replayed: int = 0
    replayed_successes: int = 0
    length: int = 0


class Player:
    """The environments with the agent's memory in them, continued from segment to segment."""

    def __init__(self, count: int, source: LevelSource):
        self._count = count
        self._source = source
        self.environments = Environments(count)
        self.slots = np.full(count, -1, dtype=np.int64)
        self.hidden = torch.zeros(count, HIDDEN)
        self.cell = torch.zeros(count, HIDDEN)

    def begin(self, rng: np.random.Generator) -> None:
        """Begins the very first episodes, their step counters spread out.

        Without the spread all environments that fail would time out in the same update.
        """
        everyone = np.arange(self._count)
        self._begin_episodes(everyone, rng)
        self.environments.steps[:] = rng.integers(0, 400, self._count)

    def _begin_episodes(self, index: NDArray[np.int64], rng: np.random.Generator) -> None:
        levels, slots = self._source.draw(rng, len(index))
        self.environments.reset(index, levels, rng.integers(0, 4, len(index)))
        self.slots[index] = slots

    def play(
        self,
        parameters: Parameters,
        steps: int,
        weights: RewardWeights,
        dtype: torch.dtype,
        rng: np.random.Generator,
    ) -> tuple[Segment, EpisodeTotals]:
        """Plays ``steps`` steps in all environments."""
        count, environments = self._count, self.environments
        actor = Actor(parameters, count, dtype)
        actor.hidden, actor.cell = self.hidden, self.cell
        segment = _empty_segment(steps, count, (self.hidden.clone(), self.cell.clone()))
        totals = EpisodeTotals()
        for step in range(steps):
            views = torch.from_numpy(environments.views())
            directions = torch.from_numpy(environments.direction.astype(np.uint8))
            keep = torch.from_numpy((environments.steps > 0).astype(np.float32))[:, None]
            if step == 0:
                keep = keep.clone()
            actor.reset(keep)
            logits, values = actor.step(views, directions)
            actions = sample_actions(logits, rng)
            log_probabilities = logits.log_softmax(1).gather(1, actions[:, None]).squeeze(1)
            before = environments.distance().astype(np.float32)
            outcome = environments.step(actions.numpy())
            reward = outcome.reward + weights.new_cell * outcome.new_cell
            after = before - outcome.nearer
            reward = reward + weights.approach * (before - weights.discount * after)
            timed_out = torch.from_numpy(outcome.done & ~outcome.success)
            # The state after a time-out is never seen; the value before it is nearly the same.
            segment.rewards[step] = torch.from_numpy(reward.astype(np.float32)) + (
                timed_out * values * weights.discount
            )
            segment.views[step] = views
            segment.directions[step] = directions
            segment.keep[step] = keep
            segment.actions[step] = actions
            segment.log_probabilities[step] = log_probabilities
            segment.values[step] = values
            segment.ends[step] = torch.from_numpy(outcome.done.astype(np.float32))
            ended = np.flatnonzero(outcome.done)
            if len(ended):
                self._end_episodes(ended, outcome.success[ended], totals, rng)
        self.hidden, self.cell = actor.hidden, actor.cell
        segment.values[steps] = self._value_of_next(parameters, dtype)
        return segment, totals

    def _end_episodes(
        self,
        ended: NDArray[np.int64],
        success: NDArray[np.bool_],
        totals: EpisodeTotals,
        rng: np.random.Generator,
    ) -> None:
        slots = self.slots[ended]
        replayed = slots >= 0
        totals.replayed += int(replayed.sum())
        totals.replayed_successes += int((replayed & success).sum())
        totals.fresh += int((~replayed).sum())
        totals.fresh_successes += int((~replayed & success).sum())
        totals.length += int(self.environments.steps[ended].sum())
        self._source.report(self.environments.levels.rows(ended), slots, success)
        self._begin_episodes(ended, rng)

    def _value_of_next(self, parameters: Parameters, dtype: torch.dtype) -> Tensor:
        """Values of the states after the segment, without advancing the agent's memory."""
        probe = Actor(parameters, self._count, dtype)
        keep = torch.from_numpy((self.environments.steps > 0).astype(np.float32))[:, None]
        probe.hidden, probe.cell = self.hidden * keep, self.cell * keep
        directions = torch.from_numpy(self.environments.direction)
        return probe.step(torch.from_numpy(self.environments.views()), directions)[1]

    def state(self) -> dict[str, NDArray[np.generic]]:
        """Everything that a resumed training needs."""
        environments = self.environments
        return {
            "grids": environments.levels.grids,
            "starts": environments.levels.starts,
            "distances": environments.levels.distances,
            "position": environments.cell,
            "direction": environments.direction,
            "steps": environments.steps,
            "visited": environments.visited,
            "slots": self.slots,
            "hidden": self.hidden.numpy(),
            "cell": self.cell.numpy(),
        }

    def load_state(self, state: dict[str, NDArray[np.generic]]) -> None:
        """Continues from ``state()``."""
        environments = self.environments
        environments.levels.grids[:] = state["grids"]
        environments.levels.starts[:] = state["starts"]
        environments.levels.distances[:] = state["distances"]
        environments.cell[:] = state["position"]
        environments.direction[:] = state["direction"]
        environments.steps[:] = state["steps"]
        environments.visited[:] = state["visited"]
        self.slots[:] = state["slots"]
        self.hidden = torch.from_numpy(np.array(state["hidden"], dtype=np.float32))
        self.cell = torch.from_numpy(np.array(state["cell"], dtype=np.float32))


def _empty_segment(steps: int, count: int, state: tuple[Tensor, Tensor]) -> Segment:
    return Segment(
        views=torch.empty(steps, count, 25, dtype=torch.uint8),
        directions=torch.empty(steps, count, dtype=torch.uint8),
        keep=torch.empty(steps, count, 1),
        actions=torch.empty(steps, count, dtype=torch.int64),
        log_probabilities=torch.empty(steps, count),
        values=torch.empty(steps + 1, count),
        rewards=torch.empty(steps, count),
        ends=torch.empty(steps, count),
        state=state,
    )
