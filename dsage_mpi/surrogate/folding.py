"""Batch norm folded into the layers before it, for prediction."""

from __future__ import annotations

from torch import nn
from torch.nn.utils import fuse_conv_bn_eval, fuse_linear_bn_eval


def fold_batch_norms(layers: nn.Sequential) -> None:
    """Builds the running statistics of every batch norm into the layer before it (in place)."""
    for position in range(len(layers) - 1):
        layer, norm = layers[position], layers[position + 1]
        if isinstance(layer, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
            layers[position] = fuse_conv_bn_eval(layer, norm)
        elif isinstance(layer, nn.Linear) and isinstance(norm, nn.BatchNorm1d):
            layers[position] = fuse_linear_bn_eval(layer, norm)
        else:
            continue
        layers[position + 1] = nn.Identity()
