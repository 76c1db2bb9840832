"""Comparison of two samples over many levels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def z_scores(
    ours: NDArray[Any], theirs: NDArray[Any], spread: NDArray[Any], some: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Differences in standard errors, of the levels in ``some``."""
    return np.asarray((ours[some] - theirs[some]) / spread[some])


def assert_agrees(z: NDArray[np.float64]) -> None:
    """Over levels: mean within 0.3 (or chance, where levels are few), sd below 1.3, |z| < 5."""
    assert len(z) >= 10
    assert abs(z.mean()) < max(0.3, 3 / np.sqrt(len(z)))
    assert z.std() < 1.3 + 1 / np.sqrt(len(z))
    assert np.abs(z).max() < 5
