"""Latents to levels: batch norm folded in, and only the cells that the level needs.

A level is the top left 16x56 of a 64x64 image whose cells each depend on a few cells of the
layers before. Of the 4x4 map the first 2 rows are needed, then 3 of 8, 5 of 16 and 9 of 32: a
third of the work, and the same scores.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dsage_mpi.domains.mario.generator.layout import KERNEL, LATENT, batch_norms, convolutions
from dsage_mpi.domains.mario.records import HEIGHT, WIDTH

if TYPE_CHECKING:
    import torch

#: Rows of the 4x4 map that the 16 top rows of the image depend on.
FIRST_ROWS = 2
#: Latents decoded at once; smaller batches are filled up, so that each latent is always computed
#: the same way (libraries add in another order for other sizes). The search asks for 30.
BATCH = 32
#: Of batch norm, as torch has it.
_EPSILON = 1e-5


class Generator:
    """A level generator in use.

    Args:
        weights: What ``load_generator`` returns.
        device: "cpu", "cuda", "cuda:1", ...

    Attributes:
        device: The same, as torch has it.
    """

    def __init__(self, weights: Mapping[str, NDArray[Any]], device: str = "cpu"):
        import torch

        self.device = torch.device(device)
        layers = [
            tuple(torch.from_numpy(part).to(self.device) for part in layer)
            for layer in _folded(weights)
        ]
        # Channels last in memory: faster on a CPU, the argmax above all.
        self._layers = layers[:1] + [
            (weight.contiguous(memory_format=torch.channels_last), bias)
            for weight, bias in layers[1:]
        ]

    def decode(self, latents: NDArray[np.floating]) -> NDArray[np.int8]:
        """Levels of latents; each depends on its own latent alone.

        Args:
            latents: (n, 32), any floating type.

        Returns:
            (n, 16, 56) int8 tile indices (mario.md section 2.5).

        Raises:
            ValueError: If the shape is another.
        """
        import torch

        latents = np.asarray(latents)
        if latents.ndim != 2 or latents.shape[1] != LATENT:
            raise ValueError(f"latents have shape {latents.shape}; expected (n, {LATENT})")
        levels = np.empty((len(latents), HEIGHT, WIDTH), dtype=np.int8)
        with torch.inference_mode():
            for start in range(0, len(latents), BATCH):
                part = latents[start : start + BATCH]
                batch = np.zeros((BATCH, LATENT), dtype=np.float32)
                batch[: len(part)] = part
                best = self._scores(torch.from_numpy(batch).to(self.device)).argmax(dim=1)
                levels[start : start + len(part)] = best[: len(part)].cpu().numpy()
        return levels

    def decode_tensors(self, latents: torch.Tensor) -> torch.Tensor:
        """Levels ((n, 16, 56) int8) of latents ((n, 32)) on the device: the same as ``decode``'s.

        For ``torch.inference_mode`` alone.
        """
        import torch
        from torch.nn.functional import pad

        whole = pad(latents.float(), (0, 0, 0, -len(latents) % BATCH))
        best = [self._scores(batch).argmax(dim=1) for batch in torch.split(whole, BATCH)]
        return torch.cat(best)[: len(latents)].to(torch.int8)

    def _scores(self, latents: torch.Tensor) -> torch.Tensor:
        """(n, 17, 16, 56) scores of each tile, up to the published ReLU that ends the network."""
        from torch.nn.functional import conv_transpose2d, linear, relu

        weight, bias = self._layers[0]
        maps = relu(linear(latents, weight, bias))
        maps = maps.reshape(len(latents), FIRST_ROWS, KERNEL, -1).permute(
            0, 3, 1, 2
        )  # channels last
        rows = FIRST_ROWS
        for weight, bias in self._layers[1:-1]:
            rows = 2 * rows - 1
            maps = relu(conv_transpose2d(maps, weight, bias, 2, 1)[:, :, :rows])
        weight, bias = self._layers[-1]
        return conv_transpose2d(maps, weight, bias, 2, 1)[:, :, :HEIGHT, :WIDTH].relu()


def _folded(weights: Mapping[str, NDArray[Any]]) -> list[tuple[NDArray[np.float32], ...]]:
    """Weight and bias of each layer, batch norm built in.

    The first layer, a convolution of one cell, becomes a matrix (rows * 4 * channels, 32) that
    makes the needed rows of the 4x4 map.
    """
    channels = weights[next(name for name in weights if name.startswith("main.initial:"))].shape[1]
    layers = []
    for name in convolutions(channels):
        weight = weights[f"main.{name}.weight"].astype(np.float64)
        layers.append((weight, np.zeros(weight.shape[1])))
    for position, name in enumerate(batch_norms(channels)):
        scale, shift, mean, variance = (
            weights[f"main.{name}.{tensor}"].astype(np.float64)
            for tensor in ("weight", "bias", "running_mean", "running_var")
        )
        factor = scale / np.sqrt(variance + _EPSILON)
        weight = layers[position][0] * factor[None, :, None, None]
        layers[position] = (weight, shift - mean * factor)
    first, bias = layers[0]
    matrix = first[:, :, :FIRST_ROWS].transpose(2, 3, 1, 0).reshape(-1, LATENT)
    layers[0] = (matrix, np.tile(bias, FIRST_ROWS * KERNEL))
    return [
        tuple(np.ascontiguousarray(part, dtype=np.float32) for part in layer) for layer in layers
    ]
