"""Which tiles may touch: neighbours that never occur in the corpus cost the generator.

A critic learns slowly that half a pipe is wrong. The corpus says so directly: a table of all pairs
of tiles that ever lie side by side or above one another, kept apart by even and odd columns, since
the last layer makes columns in twos.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from dsage_mpi.domains.mario.tiles import TILES

_KINDS = len(TILES)


class Adjacency:
    """Pairs of neighbours that a corpus never has.

    Attributes:
        beside: (2, 17, 17) bool by parity of the left column: left tile, right tile.
        above: (2, 17, 17) bool by parity of the column: upper tile, lower tile.
    """

    def __init__(self, levels: NDArray[np.int8]):
        self.beside = np.stack(
            [_never(levels[:, :, parity:-1:2], levels[:, :, parity + 1 :: 2]) for parity in (0, 1)]
        )
        self.above = np.stack(
            [_never(levels[:, :-1, parity::2], levels[:, 1:, parity::2]) for parity in (0, 1)]
        )
        self._beside = torch.from_numpy(self.beside.astype(np.float32))
        self._above = torch.from_numpy(self.above.astype(np.float32))

    def count(self, shares: torch.Tensor) -> torch.Tensor:
        """(n,) expected pairs per level that the corpus never has.

        Args:
            shares: (n, 17, 16, 56) probability of each tile in each cell.
        """
        total = torch.zeros(len(shares))
        for parity in (0, 1):
            left = shares[..., parity:-1:2]
            right = shares[..., parity + 1 :: 2]
            total = total + _expected(left, right, self._beside[parity])
            column = shares[..., parity::2]
            total = total + _expected(column[:, :, :-1], column[:, :, 1:], self._above[parity])
        return total


def _never(first: NDArray[np.int8], second: NDArray[np.int8]) -> NDArray[np.bool_]:
    pairs = first.astype(np.int64) * _KINDS + second
    seen = np.bincount(pairs.ravel(), minlength=_KINDS * _KINDS) > 0
    return ~seen.reshape(_KINDS, _KINDS)


def _expected(first: torch.Tensor, second: torch.Tensor, never: torch.Tensor) -> torch.Tensor:
    return (torch.einsum("nahw,ab->nbhw", first, never) * second).sum((1, 2, 3))
