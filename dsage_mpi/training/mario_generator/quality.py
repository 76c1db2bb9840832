"""Figures of merit of a set of levels that need no game: pipes, tile entropy, sky."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dsage_mpi.domains.mario.records import HEIGHT
from dsage_mpi.domains.mario.tiles import EMPTY, TILES

_SOLID = np.isin(np.arange(len(TILES)), [TILES.index(tile) for tile in "X#%!@St*"])
_PIPE = TILES.index("t")

#: Rows counted as sky (mario.md section 12).
SKY_ROWS = 9


def pipe_tiles(levels: NDArray[np.int8]) -> tuple[int, int]:
    """Numbers of pipe tiles that are complete, and of all.

    A pipe tile is complete if it belongs to a pair: exactly two pipe tiles side by side, below
    which are two solid tiles (a complete pair again, or other solid ones) or the level's end.

    Args:
        levels: (n, 16, 56) tile indices.
    """
    pipe = np.pad(levels == _PIPE, ((0, 0), (0, 0), (1, 2)))
    # pair[..., c]: columns c and c + 1 are pipe, c - 1 and c + 2 are not.
    pair = ~pipe[..., :-3] & pipe[..., 1:-2] & pipe[..., 2:-1] & ~pipe[..., 3:]
    other = _SOLID[levels] & (levels != _PIPE)
    stands = np.pad(other[..., :-1] & other[..., 1:], ((0, 0), (0, 0), (0, 1)))
    complete = pair.copy()
    for row in range(HEIGHT - 2, -1, -1):
        complete[:, row] &= complete[:, row + 1] | stands[:, row + 1]
    return 2 * int(complete.sum()), int((levels == _PIPE).sum())


def sky_tiles(levels: NDArray[np.int8]) -> NDArray[np.int64]:
    """(n,) tiles that are not empty in the nine top rows."""
    counts: NDArray[np.int64] = (levels[:, :SKY_ROWS] != EMPTY).sum(axis=(1, 2))
    return counts


def tile_shares(levels: NDArray[np.int8]) -> NDArray[np.float64]:
    """(17,) share of each tile in all cells."""
    counts = np.bincount(levels.ravel(), minlength=len(TILES))
    return np.asarray(counts / counts.sum(), dtype=np.float64)


def tile_entropy(levels: NDArray[np.int8]) -> float:
    """Entropy of the tile shares, bits."""
    shares = tile_shares(levels)
    shares = shares[shares > 0]
    return float(-(shares * np.log2(shares)).sum())
