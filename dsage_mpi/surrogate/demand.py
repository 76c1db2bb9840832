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

    Members of an ensemble are trained one by one, and predict together.

    A network from elsewhere that cannot be run without numbers counts as if each weight were used
    once per level.

    Args:
        settings: The table ``[surrogate]``.
        space: What levels are.
        outputs: 1 + number of measures.
    """
    with torch.device("meta"):
        network = build(space, outputs, settings).eval()
        weights = sum(weight.numel() for weight in network.parameters())
        try:
            (one, results), (two, more) = (_pass(network, levels) for levels in (1, 2))
        except (Exception, SystemExit):
            if NETWORKS.is_own(settings.kind):
                raise
            # What fails with numbers, too, is said when it is made.
            return Demand(weights, weights, 0, 0)
    grown = [later - earlier for earlier, later in zip(results, more, strict=True)]
    members = settings.members
    return Demand(members * (two - one), members * weights, sum(grown), max(grown, default=0))


def _pass(network: Network, levels: int) -> tuple[int, list[int]]:
    """Multiply-adds of a pass of so many levels, and the size of each result of its layers.

    What is done once for all levels is left out by whoever takes the difference of two.
    """
    results: list[int] = []
    hooks = [
        module.register_forward_hook(lambda _, __, result: results.append(_size(result)))
        for module in network.modules()
        if next(module.parameters(recurse=False), None) is not None
    ]
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(empty_inputs(network, levels, torch.device("meta")))
    for hook in hooks:
        hook.remove()
    return int(counter.get_total_flops()) // 2, results


def _size(result: Any) -> int:
    return result.numel() if isinstance(result, Tensor) else 0
