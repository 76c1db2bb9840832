"""Comparison of two samples over many levels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Scores of all quantities together that make a comparison worth its name.
_LEAST = 40


def z_scores(
    ours: NDArray[Any], theirs: NDArray[Any], spread: NDArray[Any], some: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Differences in standard errors, of the levels in ``some``."""
    return np.asarray((ours[some] - theirs[some]) / spread[some])


def pooled_variance(*samples: NDArray[Any]) -> NDArray[np.float64]:
    """Variance ((levels,)) of all samples ((levels, n) each) about their own means.

    Of one alone it is nearly zero where a level has rare, long episodes and the sample none.
    """
    freedom = sum(sample.shape[1] - 1 for sample in samples)
    squares = [sample.var(axis=1) * sample.shape[1] for sample in samples]
    return np.asarray(np.sum(squares, axis=0) / freedom)


def assert_all_agree(scores: Sequence[NDArray[np.float64]]) -> None:
    """Each quantity agrees on the levels that tell something about it, however few these are."""
    assert sum(map(len, scores)) >= _LEAST
    for z in scores:
        if len(z):
            assert_agrees(z)


def assert_agrees(z: NDArray[np.float64]) -> None:
    """Over levels: mean within 0.3 (or chance, where levels are few), sd below 1.3, |z| < 5."""
    assert abs(z.mean()) < max(0.3, 3 / np.sqrt(len(z)))
    assert z.std() < 1.3 + 1 / np.sqrt(len(z))
    assert np.abs(z).max() < 5
