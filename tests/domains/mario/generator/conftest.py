"""Generators with random weights, and files of them, that the tests of this folder share."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

from dsage_mpi.training.mario_generator.networks import LevelNetwork

REPOSITORY = Path(__file__).parents[4]
TINY = REPOSITORY / "inputs" / "generator_mario_tiny.toml"


def random_network(channels: int, seed: int = 0) -> LevelNetwork:
    """A generator in use whose weights and batch statistics are all random."""
    torch.manual_seed(seed)
    network = LevelNetwork(channels)
    for module in network.modules():
        if isinstance(module, nn.ConvTranspose2d):
            nn.init.normal_(module.weight, std=0.05)
        elif isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.weight, mean=1.0, std=0.3)
            nn.init.normal_(module.bias, std=0.5)
            assert module.running_mean is not None
            assert module.running_var is not None
            module.running_mean.normal_(std=0.5)
            module.running_var.uniform_(0.3, 3.0)
    return network.eval()


def latents(count: int, seed: int = 1, sigma: float = 1.0) -> NDArray[np.float64]:
    return sigma * np.random.default_rng(seed).standard_normal((count, 32))


@pytest.fixture(scope="session")
def published_network() -> LevelNetwork:
    """A network of the published size."""
    return random_network(512)


@pytest.fixture(scope="session")
def published_file(
    published_network: LevelNetwork, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Its state dict as the published programs save theirs."""
    path = tmp_path_factory.mktemp("netG") / "netG_epoch_4999_7684.pth"
    torch.save(published_network.state_dict(), path)
    return path
