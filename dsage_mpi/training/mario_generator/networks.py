"""The networks of the training: the generator in the published layout, and its critic."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from dsage_mpi.domains.mario.generator.layout import (
    KERNEL,
    LATENT,
    batch_norms,
    channel_counts,
    convolutions,
)
from dsage_mpi.domains.mario.records import HEIGHT, WIDTH
from dsage_mpi.domains.mario.tiles import TILES

#: Rows of the 4x4 map that the top 16 of the 64 rows depend on. A transposed convolution with
#: kernel 4, stride 2 and padding 1 makes rows 0 to 2n - 2 of n rows.
FIRST_ROWS = 2


class LevelNetwork(nn.Module):
    """DCGAN generator (dsage.md, mario.md section 12): (n, 32) latents -> (n, 17, 16, 56) scores.

    The state dict has the published names. Only the cells that the level needs are computed, so
    batch norm sees only those. The published ReLU after the last layer is left out: it changes no
    argmax unless all scores are negative, and its gradient is 0 there.
    """

    def __init__(self, channels: int):
        super().__init__()
        counts = (LATENT, *channel_counts(channels), len(TILES))
        self.main = nn.Sequential()
        norms = batch_norms(channels)
        for position, name in enumerate(convolutions(channels)):
            stride, padding = (2, 1) if position else (1, 0)
            self.main.add_module(
                name,
                nn.ConvTranspose2d(
                    counts[position], counts[position + 1], KERNEL, stride, padding, bias=False
                ),
            )
            if position < len(norms):
                self.main.add_module(norms[position], nn.BatchNorm2d(counts[position + 1]))
                self.main.add_module(norms[position].replace("batchnorm", "relu"), nn.ReLU())

    def forward(self, latents: torch.Tensor) -> torch.Tensor:
        """Scores of each tile in each cell of the 16x56 crop."""
        maps, rows = latents[:, :, None, None], FIRST_ROWS
        for layer in self.main:
            maps = layer(maps)
            if isinstance(layer, nn.ConvTranspose2d):
                maps = maps[:, :, :rows]
                rows = 2 * rows - 1
        return maps[:, :, :HEIGHT, :WIDTH]


class Critic(nn.Module):
    """Scores (n, 17, 16, 56) one-hot levels: the higher, the more like the corpus."""

    def __init__(self, channels: int):
        super().__init__()
        self.first = nn.Conv2d(len(TILES), channels, KERNEL, 2, 1)
        #: What is usual depends on the place: convolutions alone do not know the row.
        self.place = nn.Parameter(torch.zeros(channels, HEIGHT // 2, WIDTH // 2))
        self.second = nn.Conv2d(channels, 2 * channels, KERNEL, 2, 1)
        self.third = nn.Conv2d(2 * channels, 4 * channels, KERNEL, 2, 1)
        self.head = nn.Linear((4 * channels + 1) * (HEIGHT // 8) * (WIDTH // 8), 1)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """(n,) scores; the spread over the batch is one more feature, against collapse."""
        maps = F.leaky_relu(self.first(images) + self.place, 0.2)
        maps = F.leaky_relu(self.second(maps), 0.2)
        maps = F.leaky_relu(self.third(maps), 0.2)
        spread = maps.var(0, correction=0).add(1e-8).sqrt().mean()
        spread_map = spread.expand(len(maps), 1, *maps.shape[2:])
        score: torch.Tensor = self.head(torch.cat((maps, spread_map), 1).flatten(1))
        return score[:, 0]
