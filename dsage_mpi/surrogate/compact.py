"""A small network that sees the whole level at once (docs/surrogate.md, "Networks").

The published ancillary network sees 11 x 11 tiles around each: not enough to know where a path of
a 16 x 16 maze leads. Here each layer halves the map until all of it is in a few numbers.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from dsage_mpi.core.levels import LevelSpace
from dsage_mpi.surrogate.convolutional import initialise
from dsage_mpi.surrogate.encoding import Encoder, LevelEncoder
from dsage_mpi.surrogate.network import Network, channels_last
from dsage_mpi.surrogate.settings import SurrogateSettings

_LEAK = 0.1
#: Numbers between the last map and the outputs.
_HIDDEN = 64
#: Maps have at most so many times ``features`` channels.
_WIDEST = 4
#: Halving ends when the shorter side of the map is no longer than that.
_SHORTEST = 2


class CompactNetwork(Network):
    """Strided convolutions down to a map of a few tiles, one hidden layer, linear heads.

    It predicts no occupancy; ``surrogate.features`` is the number of channels of its first layer.
    """

    SIZE_KEY = "features"

    def __init__(self, space: LevelSpace, outputs: int, settings: SurrogateSettings) -> None:
        super().__init__(space, outputs, settings)
        halvings = 0
        while min(space.shape) / 2**halvings > _SHORTEST:
            halvings += 1
        step = 2**halvings
        self.size = (-(-space.shape[0] // step) * step, -(-space.shape[1] // step) * step)
        widths = [settings.features * min(2**k, _WIDEST) for k in range(halvings + 1)]
        layers = _layer(space.channels, widths[0], stride=1)
        for before, after in pairwise(widths):
            layers += _layer(before, after, stride=2)
        self.trunk = nn.Sequential(*layers)
        tiles = (self.size[0] // step) * (self.size[1] // step)
        self.hidden = nn.Sequential(nn.Linear(widths[-1] * tiles, _HIDDEN), nn.LeakyReLU(_LEAK))
        self.heads = nn.Linear(_HIDDEN, outputs)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor | None]:
        """Image ((n, channels, height, width)) to outputs ((n, outputs)); no occupancy."""
        maps = self.trunk(image).flatten(1)
        return self.heads(self.hidden(maps.to(self.heads.weight.dtype))), None

    def encoder(self, device: torch.device) -> Encoder:
        """Pads levels no further than halving their sides takes."""
        return LevelEncoder(self.space, device, self.input_dtype, self.size)

    def initialise(self, generator: torch.Generator) -> None:
        """Draws all weights from U(-1/sqrt(fan in), 1/sqrt(fan in))."""
        initialise(self, generator)

    def for_prediction(self, dtype: torch.dtype = torch.float32) -> CompactNetwork:
        """A copy for prediction; convolutions work in ``dtype``, the rest in float32."""
        made = super().for_prediction(dtype)
        assert isinstance(made, CompactNetwork)
        made.input_dtype = dtype
        made.trunk.to(dtype)
        channels_last(made)
        return made


def _layer(before: int, after: int, stride: int) -> list[nn.Module]:
    return [
        nn.Conv2d(before, after, 3, stride=stride, padding=1, bias=False),
        nn.BatchNorm2d(after),
        nn.LeakyReLU(_LEAK, inplace=True),
    ]
