"""How far predictions are from real evaluations, in raw units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Prediction:
    """What the surrogate believes about ``n`` levels, in raw units.

    Attributes:
        objective: (n,) float64.
        measures: (n, k) float64.
        occupancy: (n, H, W) float32 visits per episode and tile; None if not predicted.
        spread: (n, 1 + k) float64 standard deviation of an ensemble's members in objective and
            measures; (n, 0) of a single network.
    """

    objective: NDArray[np.float64]
    measures: NDArray[np.float64]
    occupancy: NDArray[np.float32] | None
    spread: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 0)))


def measure_key(number: int) -> str:
    """Name of measure ``number`` (from 0) in reports: ``measure_1``, ``measure_2``, ..."""
    return f"measure_{number + 1}"


def head_names(measure_count: int) -> tuple[str, ...]:
    """Names of the predictor's heads, in order."""
    return ("objective", *(measure_key(number) for number in range(measure_count)))


def errors(name: str, predicted: NDArray[Any], actual: NDArray[Any]) -> dict[str, float]:
    """Returns how far predictions of one quantity are off.

    Args:
        name: What it is, the beginning of the keys.
        predicted: Predictions, any shape.
        actual: Real values, same shape.

    Returns:
        ``{name}_mae`` and ``{name}_rmse`` in the quantity's unit, and ``{name}_r2``: the share of
        variance explained (1 = perfect, 0 = no better than the mean; NaN where values are all
        alike and it has no meaning).
    """
    predicted, actual = np.asarray(predicted, np.float64), np.asarray(actual, np.float64)
    deviation = predicted - actual
    square = float(np.mean(deviation**2))
    variance = float(np.var(actual))
    return {
        f"{name}_mae": float(np.mean(np.abs(deviation))),
        f"{name}_rmse": square**0.5,
        f"{name}_r2": 1 - square / variance if variance > 0 else float("nan"),
    }


def scores(name: str, predicted: NDArray[Any], actual: NDArray[Any]) -> dict[str, float]:
    """Returns ``errors`` and ``{name}_spearman``, Spearman's rank correlation.

    That is -1 to 1, and NaN where predictions or values ((n,) each) are all alike.
    """
    return {
        **errors(name, predicted, actual),
        f"{name}_spearman": _rank_correlation(np.asarray(predicted), np.asarray(actual)),
    }


def held_out_scores(
    predicted: Prediction,
    objective: NDArray[np.float64],
    measures: NDArray[np.float64],
    occupancy: NDArray[np.float32],
) -> dict[str, float]:
    """Returns ``scores`` of objective and measures and, if it is predicted, occupancy's ``errors``.

    Args:
        predicted: What was believed of n levels.
        objective: (n,) simulated.
        measures: (n, k) simulated.
        occupancy: (n, H, W) simulated.
    """
    found = scores("objective", predicted.objective, np.asarray(objective))
    columns = zip(predicted.measures.T, np.asarray(measures).T, strict=True)
    for number, (mine, real) in enumerate(columns):
        found |= scores(measure_key(number), mine, real)
    if predicted.occupancy is not None:
        found |= errors("occupancy", predicted.occupancy, np.asarray(occupancy))
    return found


def constant_errors(
    names: Sequence[str], means: NDArray[np.float64], actual: NDArray[np.float64]
) -> dict[str, float]:
    """Returns the errors of always predicting the mean so far: what a surrogate has to beat.

    Args:
        names: Names of the k quantities.
        means: (k,) their means over all evaluations before these.
        actual: (n, k) real values.

    Returns:
        ``{name}_constant_mae`` in the quantity's unit, for every name.
    """
    errors = np.abs(actual - means).mean(axis=0)
    return {f"{name}_constant_mae": float(error) for name, error in zip(names, errors, strict=True)}


def _rank_correlation(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    from scipy.stats import spearmanr  # takes a second to load

    if np.ptp(one) == 0 or np.ptp(other) == 0:
        return float("nan")
    return float(spearmanr(one, other).statistic)
