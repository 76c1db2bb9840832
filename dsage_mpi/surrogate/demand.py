"""What a network takes of time and memory, asked of the network itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from dsage_mpi.core.levels import LevelSpace
from dsage_mpi.surrogate.network import Network, build, empty_inputs
from dsage_mpi.surrogate.registry import NETWORKS
from dsage_mpi.surrogate.settings import SurrogateSettings


@dataclass(frozen=True)
class Demand:
    """What a network takes for one level.

    Attributes:
        multiply_adds: Pairs of operations of a prediction.
        weights: Numbers that are learnt.
        kept: Numbers that a training step keeps of each level for the way back, at least.
        widest: Numbers of the largest layer's result.
    """

    multiply_adds: int
    weights: int
    kept: int
    widest: int


def demand(settings: SurrogateSettings, space: LevelSpace, outputs: int) -> Demand:
    """Counts what the network of ``settings`` takes, without memory for it.

    A network from elsewhere that cannot be run without numbers counts as if each weight were used
    once per level.

    Args:
        settings: The table ``[surrogate]``.
        space: What levels are.
        outputs: 1 + number of measures.
    """
    with torch.device("meta"):
        network = build(space, outputs, settings).eval()
        results: list[int] = []
        for module in network.modules():
            if next(module.parameters(recurse=False), None) is not None:
                module.register_forward_hook(lambda _, __, result: results.append(_size(result)))
        weights = sum(weight.numel() for weight in network.parameters())
        try:
            operations = _multiply_adds(network)
        except (Exception, SystemExit):
            if NETWORKS.is_own(settings.kind):
                raise
            operations = weights  # what fails with numbers, too, is said when it is made
    return Demand(operations, weights, sum(results), max(results, default=0))


def _multiply_adds(network: Network) -> int:
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(empty_inputs(network, 1, torch.device("meta")))
    return int(counter.get_total_flops()) // 2


def _size(result: Any) -> int:
    return result.numel() if isinstance(result, Tensor) else 0
