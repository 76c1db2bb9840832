"""A multilayer perceptron, for levels that are vectors of numbers."""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn

from dsage_mpi.core.levels import LevelSpace
from dsage_mpi.surrogate.network import Network
from dsage_mpi.surrogate.settings import SurrogateSettings


class Perceptron(Network):
    """Hidden layers of equal width with ReLUs between them, then one linear map to the outputs.

    ``[surrogate.settings]`` has their number, ``layers``, and ``width``.
    """

    LEVELS = ("vectors",)
    SIZE_KEY = "settings.width"

    def __init__(self, space: LevelSpace, outputs: int, settings: SurrogateSettings) -> None:
        super().__init__(space, outputs, settings)
        sizes = [*space.shape, *[settings.own.width] * settings.own.layers]
        hidden = [(nn.Linear(*pair), nn.ReLU()) for pair in pairwise(sizes)]
        self.hidden = nn.Sequential(*(layer for layers in hidden for layer in layers))
        self.heads = nn.Linear(sizes[-1], outputs)

    def forward(self, inputs: Tensor) -> tuple[Tensor, Tensor | None]:
        """Standardised vectors ((n, d)) to outputs ((n, outputs)); no occupancy."""
        return self.heads(self.hidden(inputs)), None
