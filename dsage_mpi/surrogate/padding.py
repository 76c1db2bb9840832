"""Levels that fill only the upper rows of padded images: their padding is computed once, for all.

Below a level, maps are those of any other level, an empty one for instance. So the maps of a batch
are kept as the rows that depend on its levels, and one empty level's map for what is below. All
sums go over the same numbers as without: predictions are the same to the last bit, and batch norms'
statistics and all gradients are the same but for the order of additions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from dsage_mpi.surrogate.weighted_norm import NormedParts, normalised


@dataclass
class RowsBelow:
    """What `Maps.first` put below the rows of levels in a first pass, for the passes after it.

    Weights do not change between them, so that those send no empty level through the network.
    """

    rows: list[Tensor] = field(default_factory=list)
    used: int = 0


@dataclass(frozen=True)
class Maps:
    """Maps of n levels.

    Attributes:
        upper: (n, c, rows, w) their first rows: all that depend on the levels.
        height: Rows of a whole map.
        empty: (m, c, height, w) the whole maps of empty levels, all alike, whose rows are those
            below ``upper``; None where ``below`` has these or nothing is below.
        below: Keeps rows for further passes; None where weights change from pass to pass.
    """

    upper: Tensor
    height: int
    empty: Tensor | None = None
    below: RowsBelow | None = None

    @property
    def rows(self) -> int:
        """Rows that depend on the levels."""
        return self.upper.shape[2]

    def first(self, rows: int, *, zeros: int = 0) -> Tensor:
        """The first ``rows`` rows, no fewer than depend on levels, below ``zeros`` rows of 0.

        Returns:
            (n, c, zeros + rows, w).
        """
        count = len(self.upper)
        parts = [self.upper]
        if zeros:
            parts.insert(0, self.upper.new_zeros(()).expand_as(self.upper[:, :, :zeros]))
        if rows > self.rows:
            parts.append(self._below(rows).expand(count, -1, -1, -1))
        return torch.cat(parts, dim=2) if len(parts) > 1 else self.upper

    def whole(self) -> Tensor:
        """All rows ((n, c, height, w))."""
        return self.first(self.height)

    def each(self, function: Callable[..., Tensor], *others: Maps) -> Maps:
        """What a function that works number by number makes of them and of ``others``.

        Those have the same height and no more rows that depend on levels.
        """
        upper = function(self.upper, *(other.first(self.rows) for other in others))
        if self.empty is None:
            return replace(self, upper=upper)
        return replace(
            self, upper=upper, empty=function(self.empty, *(other.empty for other in others))
        )

    def through(self, layers: nn.Module) -> Maps:
        """What a layer, or one after the other, makes of them.

        ``MapLayer``s, convolutions, batch norms, what works number by number, sequences of these.
        """
        if isinstance(layers, MapLayer):
            made: Maps = layers(self)
            return made
        if isinstance(layers, nn.Sequential):
            maps = self
            for layer in layers:
                maps = maps.through(layer)
            return maps
        if isinstance(layers, nn.Conv2d):
            return self._convolved(layers)
        if isinstance(layers, nn.BatchNorm2d) and layers.training and self.empty is not None:
            parts = NormedParts(self.upper, self.empty, self.rows)
            upper, empty = normalised(layers, parts)
            return replace(self, upper=upper, empty=empty)
        return self.each(layers)

    def _convolved(self, layer: nn.Conv2d) -> Maps:
        """As many rows as see any row that depends on levels.

        The zeros above them are put there by hand, and none below unless the map ends there:
        torch would put them on both sides, for rows to be thrown away.
        """
        kernel, stride, zeros = layer.kernel_size[0], layer.stride[0], int(layer.padding[0])
        height = (self.height + 2 * zeros - kernel) // stride + 1
        rows = -(-(self.rows + zeros) // stride)
        if rows >= height:  # nothing is below any more
            return Maps(layer(self.whole()), height, None, self.below)
        empty = None if self.empty is None else layer(self.empty)
        seen = self.first(stride * (rows - 1) - zeros + kernel, zeros=zeros)
        padding = (0, int(layer.padding[1]))
        upper = functional.conv2d(seen, layer.weight, layer.bias, layer.stride, padding)
        return Maps(upper, height, empty, self.below)

    def _below(self, rows: int) -> Tensor:
        """Rows ((1, c, ?, w)) from those that depend on levels up to ``rows``."""
        if self.below is None:
            return _first_image(self.empty, self.rows, rows)
        if self.empty is not None:
            self.below.rows.append(_first_image(self.empty, self.rows, rows).clone())
            return self.below.rows[-1]
        self.below.used += 1
        return self.below.rows[self.below.used - 1]


class MapLayer(nn.Module):
    """A layer that is given ``Maps`` and makes ``Maps`` of them."""


def _first_image(images: Any, first: int, end: int) -> Tensor:
    part: Tensor = images[:1, :, first:end]
    return part
