"""Levels to what the networks see: one-hot images or standardised vectors, made on the device."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from dsage_mpi.core.levels import LevelSpace

#: The predictor halves its map until it is 4x4, so nothing smaller than 8x8 makes sense.
SMALLEST_SIDE = 8


def padded_side(level_shape: tuple[int, ...]) -> int:
    """Side of the square, power-of-two image that a level ((H, W)) is padded to."""
    side = SMALLEST_SIDE
    while side < max(level_shape):
        side *= 2
    return side


class LevelEncoder:
    """Pads levels at the right and bottom with the empty tile and makes them one-hot.

    Args:
        space: What levels are.
        device: Where levels are, and where the image is made.
        dtype: Floating point type of the image.
    """

    def __init__(
        self, space: LevelSpace, device: torch.device, dtype: torch.dtype = torch.float32
    ) -> None:
        side, (height, width) = padded_side(space.shape), space.shape
        self._padding = (0, side - width, 0, side - height)
        self._empty_tile = space.empty_tile
        self._codes = torch.arange(space.tile_count, dtype=torch.int8, device=device)
        self._dtype = dtype

    def __call__(self, levels: Tensor) -> Tensor:
        """One-hot image ((n, tiles, side, side), channels last) of levels ((n, H, W) int8).

        Comparing bytes needs neither the int64 indices of ``one_hot`` nor its scatter, and
        leaves channels last in memory, which is what the CPU convolutions are fastest on.
        """
        if any(self._padding):
            levels = functional.pad(levels, self._padding, value=self._empty_tile)
        image = (levels.unsqueeze(-1) == self._codes).to(self._dtype)
        return image.permute(0, 3, 1, 2)


def vector_encoder(centre: Tensor, scale: Tensor, dtype: torch.dtype) -> Callable[[Tensor], Tensor]:
    """What standardises vectors ((n, d) float64): ``(levels - centre) / scale`` as ``dtype``.

    Args:
        centre: (d,) float64.
        scale: (d,) float64, > 0.
        dtype: Floating point type of the result.
    """
    return lambda levels: ((levels - centre) / scale).to(dtype)
