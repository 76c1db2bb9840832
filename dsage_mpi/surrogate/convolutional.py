"""The published pair of networks (dsage paper, appendix B; see docs/surrogate.md).

All maps are square with a power-of-two side (`encoding.padded_side`). Where most of their rows are
padding, that is computed once for all levels (`padding`).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from dsage_mpi.core.levels import LevelSpace
from dsage_mpi.surrogate.encoding import Encoder, LevelEncoder, padded_side
from dsage_mpi.surrogate.network import Network, channels_last
from dsage_mpi.surrogate.padding import MapLayer, Maps, RowsBelow
from dsage_mpi.surrogate.settings import SurrogateSettings

LEAK = 0.2


class ResidualBlock(MapLayer):
    """conv3x3 - BN - ReLU - conv3x3 - BN, plus the input, ReLU; keeps the shape."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU(inplace=True),
            nn.Conv2d(channels, channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(channels),
        )

    def forward(self, maps: Maps) -> Maps:
        """Maps of ``channels`` channels to the same shape."""
        return maps.through(self.body).each(lambda x, y: functional.relu_(x.add_(y)), maps)


class AncillaryNetwork(MapLayer):
    """Occupancy grid of a level, at the padded size.

    Args:
        channels: Tile codes and planes.
        features: Channels of the hidden maps.
        blocks: Residual blocks.
    """

    def __init__(self, channels: int, features: int, blocks: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(channels, features, 3, padding=1, bias=False),
            nn.LeakyReLU(LEAK, inplace=True),
            *(ResidualBlock(features) for _ in range(blocks)),
        )
        self.head = nn.Conv2d(features, 1, 1, bias=False)

    def forward(self, maps: Maps) -> Maps:
        """One-hot images of ``channels`` channels to occupancy, of one channel."""
        return maps.through(self.layers).through(self.head)


class Predictor(nn.Module):
    """Objective and measures of a level from one trunk of strided convolutions.

    The trunk is the discriminator of a DCGAN: each layer halves the map and doubles the channels
    until the map is 4x4. The independent linear heads are the rows of one matrix.

    Args:
        channels: Tile codes and planes, plus one if an occupancy grid is given.
        features: Channels after the first layer.
        side: Side of the input map.
        outputs: Number of heads.
    """

    def __init__(self, channels: int, features: int, side: int, outputs: int) -> None:
        super().__init__()
        layers: list[nn.Module] = [
            nn.Conv2d(channels, features, 4, stride=2, padding=1, bias=False),
            nn.LeakyReLU(LEAK, inplace=True),
        ]
        side //= 2
        while side > 4:
            layers += [
                nn.Conv2d(features, 2 * features, 4, stride=2, padding=1, bias=False),
                nn.BatchNorm2d(2 * features),
                nn.LeakyReLU(LEAK, inplace=True),
            ]
            features, side = 2 * features, side // 2
        self.trunk = nn.Sequential(*layers)
        self.feature_size = features * side * side
        self.heads = nn.Linear(self.feature_size, outputs)

    def forward(self, maps: Maps) -> Tensor:
        """Images of ``channels`` channels to outputs ((n, outputs) float32)."""
        features = maps.through(self.trunk).whole().flatten(1)
        outputs: Tensor = self.heads(features.to(self.heads.weight.dtype))
        return outputs


class ConvolutionalNetwork(Network):
    """Predictor, and if wanted the ancillary network whose output is one more input channel.

    Gradients of the predictor's loss flow through the occupancy grid into the ancillary network.
    ``surrogate.features`` and ``residual_blocks`` are its sizes, ``ancillary`` says which of the
    two there are.
    """

    OCCUPANCY = True
    SIZE_KEY = "features"
    FASTEST_PASS = 30

    def __init__(self, space: LevelSpace, outputs: int, settings: SurrogateSettings) -> None:
        super().__init__(space, outputs, settings)
        features, channels = settings.features, space.channels
        self.ancillary: AncillaryNetwork | None = None
        if self.predicts_occupancy:
            self.ancillary = AncillaryNetwork(channels, features, settings.residual_blocks)
            channels += 1
        self.side = padded_side(space.shape)
        self.predictor = Predictor(channels, features, self.side, outputs)
        #: Whether weights never change, and the rows below levels that are then kept.
        self._frozen = False
        self._below: list[Tensor] | None = None

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor | None]:
        """Images to what the surrogate predicts.

        Args:
            image: (n, channels, rows, side); rows that lack to ``side`` are padding.

        Returns:
            Outputs ((n, 1 + measures)) and occupancy ((n, side, side)) or None.
        """
        maps = self._maps(image)
        occupancy = None if self.ancillary is None else self.ancillary(maps)
        if occupancy is not None:
            maps = occupancy.each(lambda visits, tiles: with_channel(tiles, visits), maps)
        outputs = self.predictor(maps)
        visits = None if occupancy is None else occupancy.whole().squeeze(1)
        if maps.below is not None:
            self._below = maps.below.rows
        return outputs, visits

    def encoder(self, device: torch.device) -> Encoder:
        """Leaves out the rows below levels where these are at least half of the image."""
        height = self.space.shape[0]
        rows = height if 2 * height <= self.side else self.side
        return LevelEncoder(self.space, device, self.input_dtype, (rows, self.side))

    def _maps(self, image: Tensor) -> Maps:
        """What the layers get of ``image``, and the rows below it."""
        if image.shape[2] == self.side:
            return Maps(image, self.side)
        if self._below is not None:
            return Maps(image, self.side, None, RowsBelow(self._below))
        # As many as levels: kernels for a single one may round otherwise.
        count = len(image) if self._frozen else 1
        return Maps(
            image, self.side, self._empty(image, count), RowsBelow() if self._frozen else None
        )

    def _empty(self, like: Tensor, count: int) -> Tensor:
        """Whole images ((count, channels, side, side)) of empty levels."""
        shape = (count, *self.space.shape)
        levels = torch.full(shape, self.space.empty_tile, dtype=torch.int8, device=like.device)
        planes = None
        if self.space.planes is not None:
            planes = torch.zeros(
                (count, len(self.space.planes.names), *shape[1:]), device=like.device
            )
        return LevelEncoder(self.space, like.device, like.dtype)(levels, planes)

    def initialise(self, generator: torch.Generator) -> None:
        """Draws all weights from U(-1/sqrt(fan in), 1/sqrt(fan in))."""
        initialise(self, generator)

    def output_layer(self) -> nn.Linear:
        """The predictor's heads."""
        return self.predictor.heads

    def rescale_occupancy(self, ratio: float) -> None:
        """Changes the last map of the occupancy, and the predictor's weights on it."""
        assert self.ancillary is not None
        self.ancillary.head.weight.mul_(ratio)
        first = self.predictor.trunk[0]
        assert isinstance(first, nn.Conv2d)
        first.weight[:, -1].div_(ratio)

    def for_prediction(self, dtype: torch.dtype = torch.float32) -> ConvolutionalNetwork:
        """A copy for prediction; convolutions work in ``dtype``, the heads in float32."""
        made = super().for_prediction(dtype)
        assert isinstance(made, ConvolutionalNetwork)
        made.input_dtype, made._frozen = dtype, True
        made.predictor.trunk.to(dtype)
        if made.ancillary is not None:
            made.ancillary.to(dtype)
        channels_last(made)
        return made


def with_channel(image: Tensor, channel: Tensor) -> Tensor:
    """Appends ``channel`` ((n, 1, h, w)) to ``image`` ((n, c, h, w)), channels last in memory."""
    joined = torch.cat([image, channel], dim=1)
    return joined.contiguous(memory_format=torch.channels_last)


def initialise(network: nn.Module, generator: torch.Generator) -> None:
    """Draws all weights from U(-1/sqrt(fan in), 1/sqrt(fan in)), torch's own default."""
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.reset_parameters()
            elif isinstance(module, nn.Conv2d | nn.Linear):
                bound = 1 / math.sqrt(module.weight[0].numel())
                module.weight.uniform_(-bound, bound, generator=generator)
                if module.bias is not None:
                    module.bias.uniform_(-bound, bound, generator=generator)
