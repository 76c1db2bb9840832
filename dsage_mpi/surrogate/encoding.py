"""Levels to what the networks see: one-hot images or standardised vectors, made on the device."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from dsage_mpi.core.levels import LevelSpace
from dsage_mpi.surrogate.errors import SurrogateError

#: The predictor halves its map until it is 4x4, so nothing smaller than 8x8 makes sense.
SMALLEST_SIDE = 8


class Encoder(Protocol):
    """Makes what a network sees."""

    def __call__(self, levels: Tensor, planes: Tensor | None = None) -> Tensor:
        """What ``Network.forward`` gets for levels ((n, H, W) or (n, d)) and their planes."""
        ...


def padded_side(level_shape: tuple[int, ...]) -> int:
    """Side of the square, power-of-two image that a level ((H, W)) is padded to."""
    side = SMALLEST_SIDE
    while side < max(level_shape):
        side *= 2
    return side


class LevelEncoder:
    """Pads levels at the right and bottom with the empty tile and makes them one-hot.

    Planes, if there are any, follow the tiles' channels; they are padded with zeros.

    Args:
        space: What levels are.
        device: Where levels are, and where the image is made.
        dtype: Floating point type of the image.
        size: (height, width) of the image; a square with a power-of-two side if not given.
    """

    def __init__(
        self,
        space: LevelSpace,
        device: torch.device,
        dtype: torch.dtype = torch.float32,
        size: tuple[int, int] | None = None,
    ) -> None:
        height, width = size or (padded_side(space.shape),) * 2
        self._padding = (0, width - space.shape[1], 0, height - space.shape[0])
        self._empty_tile = space.empty_tile
        #: (tile codes, channels): a one, and zeros where planes go.
        self._rows = torch.eye(space.tile_count, space.channels, dtype=dtype, device=device)

    def __call__(self, levels: Tensor, planes: Tensor | None = None) -> Tensor:
        """Image ((n, channels, height, width), channels last) of levels ((n, H, W) int8).

        A table of one row per tile code, with room for the planes, is written once; that leaves
        channels last in memory, too, which is what the CPU convolutions are fastest on.

        Args:
            levels: (n, H, W) int8.
            planes: (n, P, H, W) float32.
        """
        if any(self._padding):
            levels = functional.pad(levels, self._padding, value=self._empty_tile)
        image = functional.embedding(levels.int(), self._rows)
        if planes is not None:
            if any(self._padding):
                planes = functional.pad(planes, self._padding)
            image[..., len(self._rows) :].copy_(planes.permute(0, 2, 3, 1))
        return image.permute(0, 3, 1, 2)


def computed_planes(space: LevelSpace, levels: NDArray[Any]) -> Tensor | None:
    """The planes ((n, P, H, W) float32, on the CPU) of levels ((n, H, W)); None without any.

    Raises:
        SurrogateError: The domain computes something else.
    """
    if space.planes is None:
        return None
    planes = np.ascontiguousarray(space.planes.compute(levels), dtype=np.float32)
    expected = (len(levels), len(space.planes.names), *space.shape)
    if planes.shape != expected:
        raise SurrogateError(
            f"The domain's planes(levels) gives an array of shape {planes.shape}: expected "
            f"{expected}, one plane for each name in PLANES."
        )
    if not np.isfinite(planes).all():
        raise SurrogateError("The domain's planes(levels) gives a NaN or infinite number.")
    return torch.from_numpy(planes)


def vector_encoder(centre: Tensor, scale: Tensor, dtype: torch.dtype) -> Encoder:
    """What standardises vectors ((n, d) float64): ``(levels - centre) / scale`` as ``dtype``.

    Args:
        centre: (d,) float64.
        scale: (d,) float64, > 0.
        dtype: Floating point type of the result.
    """
    return lambda levels, planes=None: ((levels - centre) / scale).to(dtype)
