"""A small network that sees the whole level at once (docs/surrogate.md, "Networks").

The published ancillary network sees 11 x 11 tiles around each: not enough to know where a path of
a 16 x 16 maze leads. Here each layer halves the map, the first one included, so that nothing is
computed at full size; what is left of it is small enough for one hidden layer to see all of it.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

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

    @classmethod
    def in_one_pass(cls, members: Sequence[Network]) -> Network | None:
        """All members at once, by convolutions in groups: 2.6 times as fast as five one by one."""
        same = [member for member in members if type(member) is CompactNetwork]
        return _Grouped(same) if len(same) == len(members) else None


class _Grouped(Network):
    """Members of an ensemble for prediction: their channels side by side, each in a group."""

    def __init__(self, members: Sequence[CompactNetwork]) -> None:
        first = members[0]
        super().__init__(first.space, len(members) * first.outputs, first.settings)
        self.input_dtype, self.size = first.input_dtype, first.size
        layers: list[nn.Module] = []
        for same in zip(*(member.trunk for member in members), strict=True):
            layers.append(_side_by_side(same, 1 if not layers else len(members)))
        self.trunk = nn.Sequential(*layers)
        hidden = [member.hidden[0] for member in members]
        self.hidden = _Stacked([layer for layer in hidden if isinstance(layer, nn.Linear)])
        self.heads = _Stacked([member.heads for member in members])

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor | None]:
        """Image ((n, channels, height, width)) to the outputs of all members."""
        maps = self.trunk(image).flatten(1)
        each = maps.view(len(image), self.hidden.members, -1).transpose(0, 1).float()
        outputs = self.heads(functional.leaky_relu_(self.hidden(each), _LEAK))
        return outputs.transpose(0, 1).flatten(1), None

    def encoder(self, device: torch.device) -> Encoder:
        """The members'."""
        return LevelEncoder(self.space, device, self.input_dtype, self.size)


class _Stacked(nn.Module):
    """Linear layers, each for its own inputs ((members, n, inputs))."""

    def __init__(self, layers: Sequence[nn.Linear]) -> None:
        super().__init__()
        self.members = len(layers)
        self.weight = torch.stack([layer.weight.T for layer in layers])
        self.bias = torch.stack([layer.bias for layer in layers])[:, None]

    def forward(self, inputs: Tensor) -> Tensor:
        """To (members, n, outputs)."""
        return torch.baddbmm(self.bias, inputs, self.weight)


def _side_by_side(layers: Sequence[nn.Module], groups: int) -> nn.Module:
    """Layers of the same kind as one; convolutions see their own group of channels, if any."""
    first = layers[0]
    if not isinstance(first, nn.Conv2d):
        return first
    inputs, outputs = groups * first.in_channels, len(layers) * first.out_channels
    made = nn.Conv2d(inputs, outputs, 4, stride=2, padding=1, groups=groups)
    made.to(first.weight.dtype)
    with torch.no_grad():
        for target, name in ((made.weight, "weight"), (made.bias, "bias")):
            assert target is not None
            target.copy_(torch.cat([getattr(layer, name) for layer in layers]))
    made.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return made.to(first.weight.device).requires_grad_(False)


def _halving(before: int, after: int, bias: bool = False) -> nn.Conv2d:
    return nn.Conv2d(before, after, 4, stride=2, padding=1, bias=bias)


def _activation() -> nn.LeakyReLU:
    return nn.LeakyReLU(_LEAK, inplace=True)
