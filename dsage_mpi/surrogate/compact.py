"""A small network that sees the whole level at once (docs/surrogate.md, "Networks").

The published ancillary network sees 11 x 11 tiles around each: not enough to know where a path of
a 16 x 16 maze leads. Here each layer halves the map, the first one included, so that nothing is
computed at full size; what is left of it is small enough for one hidden layer to see all of it.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from dsage_mpi.core.levels import LevelSpace
from dsage_mpi.surrogate.convolutional import initialise
from dsage_mpi.surrogate.encoding import Encoder, LevelEncoder
from dsage_mpi.surrogate.network import Network, channels_last
from dsage_mpi.surrogate.settings import SurrogateSettings

_LEAK = 0.2
#: Numbers between the last map and the outputs.
_HIDDEN = 64
#: Halving ends when the shorter side of the map is no longer than that.
_SHORTEST = 4


class CompactNetwork(Network):
    """Strided convolutions down to a map of four tiles' height, one hidden layer, linear heads.

    It predicts no occupancy. ``surrogate.features`` is the number of channels of its first layer,
    the others have twice as many.
    """

    SIZE_KEY = "features"

    def __init__(self, space: LevelSpace, outputs: int, settings: SurrogateSettings) -> None:
        super().__init__(space, outputs, settings)
        halvings = 1
        while min(space.shape) / 2**halvings > _SHORTEST:
            halvings += 1
        step = 2**halvings
        self.size = (-(-space.shape[0] // step) * step, -(-space.shape[1] // step) * step)
        width = settings.features
        layers: list[nn.Module] = [_halving(space.channels, width, bias=True), _activation()]
        for _ in range(halvings - 1):
            wider = 2 * settings.features
            layers += [_halving(width, wider), nn.BatchNorm2d(wider), _activation()]
            width = wider
        self.trunk = nn.Sequential(*layers)
        tiles = (self.size[0] // step) * (self.size[1] // step)
        self.hidden = nn.Sequential(nn.Linear(width * tiles, _HIDDEN), nn.LeakyReLU(_LEAK))
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


def _halving(before: int, after: int, bias: bool = False) -> nn.Conv2d:
    return nn.Conv2d(before, after, 4, stride=2, padding=1, bias=bias)


def _activation() -> nn.LeakyReLU:
    return nn.LeakyReLU(_LEAK, inplace=True)
