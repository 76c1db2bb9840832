"""What every level of the author has, and what all of them together have."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from dsage_mpi.domains.mario.tiles import ENEMIES, TILES
from dsage_mpi.training.mario_generator.author import write_level, write_levels
from dsage_mpi.training.mario_generator.author.beats import SAFE_START
from dsage_mpi.training.mario_generator.author.canvas import LAND
from dsage_mpi.training.mario_generator.author.styles import MARGIN
from dsage_mpi.training.mario_generator.quality import pipe_tiles, sky_tiles

_SOLID = np.isin(np.arange(17), [TILES.index(tile) for tile in "X#%!@St*"])
_NEVER = [TILES.index(tile) for tile in "FM"]


@pytest.fixture(scope="module")
def corpus() -> NDArray[np.int8]:
    return write_levels(np.random.default_rng(3), 600)


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_every_level(seed: int) -> None:
    level = write_level(np.random.default_rng(seed))
    assert level.shape == (16, 56)
    assert level.dtype == np.int8
    assert level.min() >= 0
    assert level.max() < 17
    assert not np.isin(level, _NEVER).any()
    complete, pipes = pipe_tiles(level[None])
    assert complete == pipes
    # Land to start on and to arrive at, nothing in the way.
    for columns in (slice(0, 4), slice(56 - MARGIN, 56)):
        assert _SOLID[level[LAND:, columns]].all()
        assert not _SOLID[level[5 : LAND - 2, columns]].any()
    enemies = np.isin(level, ENEMIES)
    assert not enemies[:, :SAFE_START].any()
    assert not enemies[-1].any()
    np.testing.assert_array_equal(level, write_level(np.random.default_rng(seed)))


@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_no_hole_is_wider_than_a_jump(seed: int) -> None:
    """Holes are columns without anything solid; the agent jumps ten columns and more."""
    level = write_level(np.random.default_rng(seed))
    hole = ~_SOLID[level[3:]].any(axis=0)
    widest = max(
        (len(run) for run in "".join("01"[int(empty)] for empty in hole).split("0")), default=0
    )
    assert widest <= 8


def test_sky_is_spread_over_its_range(corpus: NDArray[np.int8]) -> None:
    sky = sky_tiles(corpus)
    cells, _ = np.histogram(sky, bins=np.arange(0, 151, 10))
    assert (cells > 0).all()
    assert (sky < 10).mean() < 0.4
    assert (sky > 75).mean() > 0.15


def test_all_tiles_but_start_and_exit_occur(corpus: NDArray[np.int8]) -> None:
    assert set(np.unique(corpus).tolist()) == set(range(17)) - set(_NEVER)


def test_seeds_make_levels() -> None:
    first, again, other = (write_levels(np.random.default_rng(seed), 20) for seed in (5, 5, 6))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
    assert len(np.unique(first.reshape(20, -1), axis=0)) == 20
