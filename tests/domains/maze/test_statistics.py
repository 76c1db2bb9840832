"""The criteria of the comparisons: they hold for equals, and for nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.domains.maze.statistics import assert_all_agree, pooled_variance, z_scores

ALL = np.ones(50, np.bool_)


def episodes(rng: np.random.Generator, count: int, tail: float) -> NDArray[np.float64]:
    """Lengths on 50 levels: about 30 steps, but for a share ``tail`` that times out at 648."""
    lengths = rng.normal(30.0, 4.0, (50, count))
    return np.where(rng.random((50, count)) < tail, 648.0, lengths)


def scores(ours: NDArray[np.float64], theirs: NDArray[np.float64]) -> NDArray[np.float64]:
    spread = np.sqrt(pooled_variance(ours, theirs) * (1 / ours.shape[1] + 1 / theirs.shape[1]))
    return z_scores(ours.mean(axis=1), theirs.mean(axis=1), spread, ALL)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("tail", [0.0, 0.002, 0.01])
def test_equals_agree_with_and_without_rare_episodes(seed: int, tail: float) -> None:
    rng = np.random.default_rng(seed)
    assert_all_agree([scores(episodes(rng, 120, tail), episodes(rng, 1000, tail))])


@pytest.mark.parametrize("levels", [1, 3, 9])
def test_few_levels_are_compared_too(levels: int) -> None:
    rng = np.random.default_rng(1)
    many = scores(episodes(rng, 120, 0.0), episodes(rng, 1000, 0.0))
    few = many[:levels]
    assert_all_agree([many, few, few[:0]])
    with pytest.raises(AssertionError):
        assert_all_agree([many, few + 5.5])


@pytest.mark.parametrize("shift", [0.3, 1.0])
def test_others_do_not_agree(shift: float) -> None:
    rng = np.random.default_rng(2)
    with pytest.raises(AssertionError):
        assert_all_agree([scores(episodes(rng, 120, 0.0) + shift, episodes(rng, 1000, 0.0))])


def test_nothing_at_all_is_no_agreement() -> None:
    with pytest.raises(AssertionError):
        assert_all_agree([np.zeros(0), np.zeros(5)])
