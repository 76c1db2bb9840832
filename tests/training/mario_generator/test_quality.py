"""Pipes, sky and entropy of levels drawn by hand."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from dsage_mpi.domains.mario.tiles import TILES
from dsage_mpi.training.mario_generator.quality import pipe_tiles, sky_tiles, tile_entropy


def _bottom(*rows: str) -> NDArray[np.int8]:
    """A level of empty tiles with ``rows`` at the lower left."""
    level = np.zeros((1, 16, 56), dtype=np.int8)
    for number, row in enumerate(rows):
        tiles = [TILES.index(tile) for tile in row]
        level[0, 16 - len(rows) + number, : len(row)] = tiles
    return level


@pytest.mark.parametrize(
    ("rows", "complete"),
    [
        (("-tt-", "-tt-", "XXXX"), 4),
        (("tt", "tt"), 4),  # down to the end of the level, at its edge
        (("-tt-", "-tt-", "S##S"), 4),
        (("-t--", "-tt-", "XXXX"), 2),  # a tile missing at the top
        (("-tt-", "-t--", "XXXX"), 0),  # or below
        (("ttt-", "ttt-", "XXXX"), 0),  # three wide
        (("-tt-", "-tt-", "-XX-", "----"), 4),
        (("-tt-", "-tt-", "X-XX"), 0),  # half over a hole
        (("-tt-", "----", "XXXX"), 0),  # in the air
        (("-tt-", "--tt", "XXXX"), 2),  # out of line: only the lower pair stands
        (("-tt-", "-||-", "XXXX"), 0),  # on what is not solid
    ],
)
def test_pipes(rows: tuple[str, ...], complete: int) -> None:
    assert pipe_tiles(_bottom(*rows)) == (complete, sum(row.count("t") for row in rows))


def test_pipe_at_the_right_edge() -> None:
    level = _bottom("-" * 54 + "tt", "X" * 56)
    assert pipe_tiles(level) == (2, 2)
    assert pipe_tiles(_bottom("-" * 55 + "t", "X" * 56)) == (0, 1)


def test_sky_counts_the_nine_upper_rows() -> None:
    level = np.zeros((2, 16, 56), dtype=np.int8)
    level[0, 8, :5] = 3
    level[0, 9, :7] = 3
    level[1, 0] = 14
    assert sky_tiles(level).tolist() == [5, 56]


def test_entropy_is_in_bits() -> None:
    level = np.zeros((1, 16, 56), dtype=np.int8)
    assert tile_entropy(level) == 0.0
    level[0, :8] = 11
    assert tile_entropy(level) == pytest.approx(1.0)
