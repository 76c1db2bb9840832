"""Mario levels as tensors on the device that the generator is on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from dsage_mpi.domains.mario.planes import GAP, HEIGHT, PLANES, RISE, SOLID
from dsage_mpi.domains.mario.results import SKY_ROWS
from dsage_mpi.domains.mario.tiles import EMPTY, ENEMIES

if TYPE_CHECKING:
    from dsage_mpi.domains.mario.generator import Generator

#: Measures that are counted on a device, of those that a level tells.
COUNTED = ("sky_tiles", "num_enemies")


class MarioTensors:
    """Generated levels (contract: ``core/tensor_levels.py``).

    Args:
        generator: On the device.
        measures: What the archive spans, in order.
    """

    def __init__(self, generator: Generator, measures: tuple[str, ...]) -> None:
        self._generator, self._measures = generator, measures
        self._solid = torch.from_numpy(SOLID).to(generator.device)
        self._enemies = torch.tensor(ENEMIES, device=generator.device)

    def levels(self, solutions: Tensor) -> Tensor:
        """Tile indices ((n, 16, 56) int8) of latents ((n, 32))."""
        return self._generator.decode_tensors(solutions)

    def planes(self, levels: Tensor) -> Tensor:
        """What ``planes.py`` computes of levels ((n, H, W)): (n, 4, H, W) float32."""
        rows, columns = levels.shape[1:]
        solid = self._solid[levels.long()]
        # Rows from the lowest one upwards that are solid without a hole.
        height = solid.flip(1).to(torch.int64).cumprod(dim=1).sum(dim=1)
        rise = height - torch.cat([height[:, :1], height[:, :-1]], dim=1)
        found = torch.empty(
            (len(levels), len(PLANES), rows, columns), dtype=torch.float32, device=levels.device
        )
        found[:, 0] = solid
        numbers = (height / HEIGHT, rise / RISE, _gaps(height) / GAP)
        for plane, values in enumerate(numbers, start=1):
            found[:, plane] = values[:, None, :]
        return found

    def known(self, levels: Tensor) -> Tensor:
        """(n, 1 + k) float64: sky tiles and enemies in the level; NaN for the others."""
        marked = {
            "sky_tiles": levels[:, :SKY_ROWS] != EMPTY,
            "num_enemies": torch.isin(levels, self._enemies),
        }
        counts = {name: tiles.sum(dim=(1, 2)).double() for name, tiles in marked.items()}
        unknown = torch.full_like(counts[COUNTED[0]], torch.nan)
        return torch.stack([unknown, *(counts.get(m, unknown) for m in self._measures)], dim=1)


def _gaps(height: Tensor) -> Tensor:
    """Width ((n, W) columns) of the gap that each column is in; 0 where there is ground."""
    width = height.shape[1]
    columns = torch.arange(width, device=height.device)
    ground = height > 0
    before = torch.where(ground, columns, -1).cummax(dim=1).values
    beyond = torch.where(ground, columns, width).flip(1)
    after = beyond.cummin(dim=1).values.flip(1)
    return torch.where(ground, 0, after - before - 1)
