"""What a domain may offer besides ``render``, so that others draw its levels and its agent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

#: (h, w, 4) uint8, red, green, blue, opacity.
Picture = NDArray[np.uint8]
#: Bits of the second axis of ``TileSheet.tiles``: which neighbours a tile joins.
JOINS_UP, JOINS_LEFT, JOINS_RIGHT = 1, 2, 4


@dataclass(frozen=True)
class TileSheet:
    """How levels look, tile by tile: enough to draw any level without the domain.

    A level is its backdrop, then its tiles, then the figures that stand on tiles, all row by row.

    Attributes:
        size: Pixels along a tile.
        tiles: (codes, joins, size, size, 4) uint8 with joins 1, or 8 by the bits ``JOINS_...``.
        joins: (codes,) integers: neighbours with the same one join. There is nothing above the
            first row; beyond the first and the last column everything goes on.
        figures: Code -> a picture whose bottom centre stands on that tile, of any size.
        backdrop: (h, w, 3) uint8 behind the tiles; empty if they hide it.
        ring: Code of the tiles that surround a level; -1 if nothing does.
    """

    size: int
    tiles: NDArray[np.uint8]
    joins: NDArray[np.int64]
    figures: Mapping[int, Picture] = field(default_factory=dict)
    backdrop: NDArray[np.uint8] = field(default_factory=lambda: np.zeros((0, 0, 3), np.uint8))
    ring: int = -1


class DrawsTiles(Protocol):
    """A domain whose pictures of tiles depend on more than the tile's own code.

    Others need it not: whether a code always looks the same shows in what they ``render``.
    """

    def tile_sheet(self) -> TileSheet:
        """How the codes that ``sheet_codes`` gives look."""
        ...

    def sheet_codes(self, levels: NDArray[np.int8]) -> NDArray[np.uint8]:
        """Codes ((n, H, W)) of the sheet that draw ``levels`` ((n, H, W) tile codes)."""
        ...


class KnowsPaths(Protocol):
    """A domain that can say, for little, which way the agent went."""

    def paths(self, tasks: NDArray[Any], rollouts: int) -> list[Sequence[NDArray[np.int16]]]:
        """Ways of the first rollouts of ``tasks`` ((n,) of ``task_dtype``).

        Returns:
            For each task and rollout the (steps, 2) row and column of each step; for a task
            without rollouts an empty list.
        """
        ...
