"""How far predictions are from real evaluations, in raw units."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def measure_key(number: int) -> str:
    """Name of measure ``number`` (from 0) in reports: ``measure_1``, ``measure_2``, ..."""
    return f"measure_{number + 1}"


def head_names(measure_count: int) -> tuple[str, ...]:
    """Names of the predictor's heads, in order."""
    return ("objective", *(measure_key(number) for number in range(measure_count)))


def scores(name: str, predicted: NDArray[Any], actual: NDArray[Any]) -> dict[str, float]:
    """Accuracy of one predicted quantity.

    Args:
        name: What it is, the beginning of the keys.
        predicted: Predictions, any shape.
        actual: Real values, same shape.

    Returns:
        ``{name}_mae`` and ``{name}_rmse`` in the quantity's unit, and ``{name}_r2``: the share of
        variance explained (1 = perfect, 0 = no better than the mean; NaN if ``actual`` is
        constant, where it has no meaning).
    """
    deviation = np.asarray(predicted, np.float64) - np.asarray(actual, np.float64)
    square = float(np.mean(deviation**2))
    variance = float(np.var(actual, dtype=np.float64))
    return {
        f"{name}_mae": float(np.mean(np.abs(deviation))),
        f"{name}_rmse": square**0.5,
        f"{name}_r2": 1 - square / variance if variance > 0 else float("nan"),
    }
