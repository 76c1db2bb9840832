"""The policy update: generalised advantages and clipped surrogate loss (Schulman et al. 2017)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from dsage_mpi.training.maze_agent.network import Parameters, heads, segment_hidden
from dsage_mpi.training.maze_agent.rollout import Segment
from dsage_mpi.training.maze_agent.settings import PpoSettings


@dataclass
class UpdateStatistics:
    """Means over the minibatches of one update."""

    policy_loss: float = 0.0
    value_loss: float = 0.0
    entropy: float = 0.0
    divergence: float = 0.0
    clipped: float = 0.0
    gradient_norm: float = 0.0


def advantages(segment: Segment, discount: float, trace: float) -> Tensor:
    """(time, n) generalised advantage estimates."""
    goes_on = 1.0 - segment.ends
    errors = segment.rewards + discount * segment.values[1:] * goes_on - segment.values[:-1]
    result = torch.empty_like(errors)
    running = torch.zeros_like(errors[0])
    for step in range(len(errors) - 1, -1, -1):
        running = errors[step] + discount * trace * goes_on[step] * running
        result[step] = running
    return result


@dataclass(frozen=True)
class Loss:
    """Clipped surrogate loss of parts of one segment.

    Attributes:
        segment: What was played.
        settings: Weights of its terms.
        entropy_weight: Weight of the entropy bonus.
        dtype: Of the LSTM's matrix products.
        advantage: (time, n), normalised.
        returns: (time, n), what values are to become.
    """

    segment: Segment
    settings: PpoSettings
    entropy_weight: float
    dtype: torch.dtype
    advantage: Tensor
    returns: Tensor

    @classmethod
    def of(
        cls, segment: Segment, settings: PpoSettings, entropy_weight: float, dtype: torch.dtype
    ) -> Loss:
        """The loss of a segment, with its advantages and returns."""
        advantage = advantages(segment, settings.discount, settings.trace)
        returns = advantage + segment.values[:-1]
        advantage = (advantage - advantage.mean()) / (advantage.std() + 1e-8)
        return cls(segment, settings, entropy_weight, dtype, advantage, returns)

    def __call__(self, parameters: Parameters, rows: Tensor, sums: UpdateStatistics) -> Tensor:
        """The loss on some environments; adds to ``sums`` what it is made of."""
        segment, settings = self.segment, self.settings
        hidden = segment_hidden(
            parameters,
            segment.views[:, rows],
            segment.directions[:, rows],
            (segment.state[0][rows], segment.state[1][rows]),
            segment.keep[:, rows],
            self.dtype,
        )
        logits, values = heads(parameters, hidden)
        log_probabilities = logits.log_softmax(-1)
        taken = log_probabilities.gather(-1, segment.actions[:, rows, None]).squeeze(-1)
        change = taken - segment.log_probabilities[:, rows]
        ratio = change.exp()
        gain = self.advantage[:, rows]
        clipped = ratio.clamp(1.0 - settings.clip, 1.0 + settings.clip)
        policy_loss = -torch.min(ratio * gain, clipped * gain).mean()
        value_loss = 0.5 * (values - self.returns[:, rows]).square().mean()
        entropy = -(log_probabilities.exp() * log_probabilities).sum(-1).mean()
        sums.policy_loss += float(policy_loss.detach())
        sums.value_loss += float(value_loss.detach())
        sums.entropy += float(entropy.detach())
        sums.divergence += float(((ratio - 1.0) - change).detach().mean())
        sums.clipped += float(((ratio - 1.0).abs() > settings.clip).float().mean())
        return policy_loss + settings.value_weight * value_loss - self.entropy_weight * entropy


def update(
    parameters: Parameters,
    optimizer: torch.optim.Optimizer,
    loss_of: Loss,
    rng: np.random.Generator,
) -> UpdateStatistics:
    """Improves ``parameters`` in place with one segment."""
    settings, statistics = loss_of.settings, UpdateStatistics()
    batches = settings.epochs * settings.minibatches
    for _ in range(settings.epochs):
        order = torch.from_numpy(rng.permutation(settings.environments))
        for rows in order.chunk(settings.minibatches):
            loss = loss_of(parameters, rows, statistics)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            norm = torch.nn.utils.clip_grad_norm_(parameters.values(), settings.gradient_norm)
            optimizer.step()
            statistics.gradient_norm += float(norm)
    for name, total in vars(statistics).items():
        setattr(statistics, name, total / batches)
    return statistics
