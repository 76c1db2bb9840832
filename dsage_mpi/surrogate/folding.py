"""The network as prediction runs it: batch norm folded into the convolutions before it."""

from __future__ import annotations

import copy

import torch
from torch import nn
from torch.nn.utils import fuse_conv_bn_eval

from dsage_mpi.surrogate.networks import SurrogateNetwork, channels_last


def folded(network: SurrogateNetwork, dtype: torch.dtype = torch.float32) -> SurrogateNetwork:
    """A copy for prediction alone, with the running statistics of every batch norm built in.

    Args:
        network: What training works on; left as it is.
        dtype: Type of the convolutions; the linear heads stay float32.
    """
    network = copy.deepcopy(network).eval().requires_grad_(False)
    for module in list(network.modules()):
        if isinstance(module, nn.Sequential):
            _fold_sequence(module)
    network.predictor.trunk.to(dtype)
    if network.ancillary is not None:
        network.ancillary.to(dtype)
    return channels_last(network)


def _fold_sequence(layers: nn.Sequential) -> None:
    for position in range(len(layers) - 1):
        convolution, norm = layers[position], layers[position + 1]
        if isinstance(convolution, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
            layers[position] = fuse_conv_bn_eval(convolution, norm)
            layers[position + 1] = nn.Identity()
