from __future__ import annotations

import numpy as np
import torch

from dsage_mpi.training.maze_agent.level_source import LevelSource
from dsage_mpi.training.maze_agent.network import heads, initial_parameters, segment_hidden
from dsage_mpi.training.maze_agent.ppo import Loss, advantages, update
from dsage_mpi.training.maze_agent.rollout import Player, RewardWeights, Segment
from dsage_mpi.training.maze_agent.settings import AgentTraining


def _segment(settings: AgentTraining) -> tuple[dict[str, torch.Tensor], Segment]:
    rng = np.random.default_rng(1)
    parameters = initial_parameters(rng)
    source = LevelSource(settings.levels)
    source.refresh(rng)
    player = Player(settings.ppo.environments, source)
    player.begin(rng)
    segment, _ = player.play(
        parameters, settings.ppo.segment, RewardWeights(0.01, 0.01, 0.99), torch.float32, rng
    )
    return parameters, segment


def test_advantages_equal_the_definition(minimal: AgentTraining) -> None:
    _, segment = _segment(minimal)
    segment.ends[4, 2] = 1.0
    segment.values = torch.randn(segment.values.shape)
    discount, trace = 0.9, 0.7
    found = advantages(segment, discount, trace)
    time, count = segment.rewards.shape
    for row in range(count):
        for step in range(time):
            expected, weight = 0.0, 1.0
            for later in range(step, time):
                goes_on = 1.0 - float(segment.ends[later, row])
                error = (
                    float(segment.rewards[later, row])
                    + discount * goes_on * float(segment.values[later + 1, row])
                    - float(segment.values[later, row])
                )
                expected += weight * error
                weight *= discount * trace * goes_on
            assert abs(float(found[step, row]) - expected) < 1e-4


def test_recorded_probabilities_are_those_of_the_trained_forward_pass(
    minimal: AgentTraining,
) -> None:
    parameters, segment = _segment(minimal)
    hidden = segment_hidden(
        parameters, segment.views, segment.directions, segment.state, segment.keep, torch.float32
    )
    logits, values = heads(parameters, hidden)
    taken = logits.log_softmax(-1).gather(-1, segment.actions[..., None]).squeeze(-1)
    torch.testing.assert_close(taken, segment.log_probabilities, atol=1e-5, rtol=0.0)
    torch.testing.assert_close(values, segment.values[:-1], atol=1e-5, rtol=0.0)


def test_update_makes_a_rewarded_action_more_likely(minimal: AgentTraining) -> None:
    parameters, segment = _segment(minimal)
    for tensor in parameters.values():
        tensor.requires_grad_(True)
    segment.rewards = (segment.actions == 2).float()
    segment.ends[:] = 1.0
    optimizer = torch.optim.Adam(parameters.values(), lr=5e-3)

    def forward_probability() -> float:
        with torch.no_grad():
            hidden = segment_hidden(
                parameters, segment.views, segment.directions, segment.state, segment.keep,
                torch.float32,
            )  # fmt: skip
            return float(heads(parameters, hidden)[0].softmax(-1)[..., 2].mean())

    before = forward_probability()
    rng = np.random.default_rng(2)
    loss = Loss.of(segment, minimal.ppo, 0.0, torch.float32)
    statistics = update(parameters, optimizer, loss, rng)
    assert forward_probability() > before + 0.01
    assert statistics.entropy > 1.9
