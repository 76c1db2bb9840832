"""Batch norm of images whose lower rows are known once for all of them (`padding`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True)
class NormedParts:
    """Maps of n images, in two parts.

    Attributes:
        upper: (n, c, rows, w) the first rows of each.
        empty: (1, c, height, w); below them, each image is as this one from ``rows`` on.
        rows: Of ``upper``, fewer than ``height``.
    """

    upper: Tensor
    empty: Tensor
    rows: int


def normalised(layer: nn.BatchNorm2d, parts: NormedParts) -> tuple[Tensor, Tensor]:
    """What ``layer`` makes of both parts in training, by the statistics of the n whole images.

    Its running statistics move as they would by the whole images.
    """
    upper, empty, mean, variance = _Norm.apply(  # type: ignore[no-untyped-call]
        parts.upper, parts.empty, layer.weight, layer.bias, layer.eps
    )
    numbers = len(parts.upper) * parts.empty[0, 0].numel()
    running = layer.running_mean, layer.running_var, layer.num_batches_tracked
    if all(statistic is not None for statistic in running):
        _follow(layer, mean, variance * (numbers / (numbers - 1)))
    return upper, empty


@torch.no_grad()
def _follow(layer: nn.BatchNorm2d, mean: Tensor, variance: Tensor) -> None:
    """Moves the running statistics; without a momentum they are plain averages."""
    assert layer.num_batches_tracked is not None
    layer.num_batches_tracked.add_(1)
    share = 1 / layer.num_batches_tracked if layer.momentum is None else layer.momentum
    for running, found in ((layer.running_mean, mean), (layer.running_var, variance)):
        assert running is not None
        running.mul_(1 - share).add_(found * share)


class _Norm(torch.autograd.Function):
    """Both parts normalised by their common mean and variance, with the gradients of that."""

    @staticmethod
    def forward(
        ctx: Any, upper: Tensor, empty: Tensor, weight: Tensor, bias: Tensor, eps: float
    ) -> tuple[Tensor, ...]:
        rows, height = upper.shape[2], empty.shape[2]
        mean, variance = _statistics(upper, eps)
        below_mean, below_variance = _statistics(empty[:, :, rows:], eps)
        share = rows / height
        common = share * mean + (1 - share) * below_mean
        spread = share * (variance + (mean - common) ** 2)
        spread = spread + (1 - share) * (below_variance + (below_mean - common) ** 2)
        ctx.save_for_backward(upper, empty, weight, common, spread)
        ctx.eps = eps
        found = [
            functional.batch_norm(part, common, spread, weight, bias, False, 0.0, eps)
            for part in (upper, empty)
        ]
        ctx.mark_non_differentiable(common, spread)
        return *found, common, spread

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        upper, empty, weight, mean, variance = ctx.saved_tensors
        rows, count = upper.shape[2], len(upper)
        scale = (variance + ctx.eps).rsqrt()
        parts = [
            torch.ops.aten.native_batch_norm_backward(
                gradient, part, weight, mean, variance, mean, scale, False, ctx.eps, [True] * 3
            )
            for gradient, part in zip(gradients[:2], (upper, empty), strict=True)
        ]
        # As if the statistics were constants; now what flows through them, the same for each of
        # the n whole images, of which the lower rows stand for n.
        (to_upper, weight_1, bias_1), (to_empty, weight_2, bias_2) = parts
        to_weight, to_bias = weight_1 + weight_2, bias_1 + bias_2
        numbers = count * empty[0, 0].numel()
        slope = -weight * scale * scale * to_weight / numbers
        offset = -weight * scale * to_bias / numbers - slope * mean
        _add_line(to_upper, upper, slope, offset)
        _add_line(to_empty[:, :, rows:], empty[:, :, rows:], count * slope, count * offset)
        return to_upper, to_empty, to_weight, to_bias, None


def _statistics(maps: Tensor, eps: float) -> tuple[Tensor, Tensor]:
    """Mean and variance ((c,) each); torch's batch norm finds them faster than ``var_mean``."""
    _, mean, scale = torch.native_batch_norm(maps, None, None, None, None, True, 0.0, eps)
    return mean, (scale.square().reciprocal() - eps).clamp_min(0)


def _add_line(gradient: Tensor, maps: Tensor, slope: Tensor, offset: Tensor) -> None:
    """Adds ``slope * maps + offset``, (c,) each, to ``gradient`` in place."""
    shape = (1, -1, 1, 1)
    gradient.addcmul_(maps, slope.view(shape).to(maps.dtype)).add_(offset.view(shape))
