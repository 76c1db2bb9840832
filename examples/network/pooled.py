"""A surrogate network of one's own: a few convolutions, averaged over the level."""

from __future__ import annotations

from pydantic import Field
from torch import nn

from dsage_mpi.core.settings import Settings as Table
from dsage_mpi.surrogate.network import Network


class PooledNetwork(Network):
    """Convolutions of the whole level, then the mean of each channel; no occupancy."""

    LEVELS = ("images",)
    SIZE_KEY = "settings.channels"

    class Settings(Table):
        """Keys of ``[surrogate.settings]``."""

        channels: int = Field(16, ge=1, description="Channels of each layer.")
        layers: int = Field(2, ge=1, description="Convolutions.")

    def __init__(self, space, outputs, settings):
        super().__init__(space, outputs, settings)
        channels = settings.own.channels
        layers = []
        for number in range(settings.own.layers):
            before = channels if number else space.tile_count
            layers += [nn.Conv2d(before, channels, 3, padding=1), nn.BatchNorm2d(channels)]
            layers.append(nn.ReLU())
        self.layers = nn.Sequential(*layers)
        self.heads = nn.Linear(channels, outputs)

    def forward(self, inputs):
        """One-hot images ((n, tiles, side, side)) to outputs ((n, outputs)); no occupancy."""
        return self.heads(self.layers(inputs).mean(dim=(2, 3))), None
