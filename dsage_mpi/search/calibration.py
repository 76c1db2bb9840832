"""What the surrogate's predictions were worth the last time that they could be checked.

An inner loop finds the surrogate's optimistic mistakes, so that its proposals turn out nearer to
the average than predicted, by amounts that no training loss shows. The last proposals that were
simulated do show them: a line through (predicted, real) says how much of a prediction to believe,
and the deviations from it what else to expect.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from dsage_mpi.core.domain import Array

#: Most recent checked predictions that are kept.
_KEPT = 100
#: Fewer tell nothing about a line.
_LEAST = 8
#: Between these shares of the expected outcomes lie the 90 % and the 50 % interval, and half.
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
#: Shares of the outcomes in percent -> first and last of their ``QUANTILES``.
INTERVALS = {50: (1, 3), 90: (0, 4)}


class Calibration:
    """Pairs of predicted and real objective and measures, and what follows from them.

    A *belief* is a prediction of these (1 + k numbers), followed by how far the members of an
    ensemble disagreed on each if there is one. Deviations are then expected to be as much larger or
    smaller than those before as the members disagree more or less.

    Args:
        quantities: 1 + k, objective and measures.
    """

    def __init__(self, quantities: int) -> None:
        self._predicted = np.empty((0, quantities))
        self._real = np.empty((0, quantities))
        self._spread = np.empty((0, quantities))
        self._expected = np.empty((0, len(QUANTILES), quantities))

    def observe(self, beliefs: Array, real: Array) -> Array | None:
        """Takes in checked beliefs ((n, 1 + k) or (n, 2 + 2k)) and real values, newest last.

        Returns:
            (n, q, 1 + k) ``QUANTILES`` of what was to be expected by all that came before; None
            where that was too little to expect anything.
        """
        predicted, spread = self._parts(beliefs)
        shape = (len(real), len(QUANTILES), real.shape[1])
        expected = None
        if len(self._real) >= _LEAST:
            expected = np.quantile(self.outcomes(beliefs), QUANTILES, axis=1).transpose(1, 0, 2)
        new = np.full(shape, np.nan) if expected is None else expected
        self._expected = np.concatenate([self._expected, new])[-_KEPT:]
        self._predicted = np.concatenate([self._predicted, predicted])[-_KEPT:]
        self._spread = np.concatenate([self._spread, spread])[-_KEPT:]
        self._real = np.concatenate([self._real, real])[-_KEPT:]
        return expected

    def outcomes(self, beliefs: Array) -> Array:
        """What simulating may give: equally likely outcomes of every belief.

        Args:
            beliefs: (n, 1 + k) or (n, 2 + 2k).

        Returns:
            (n, s, 1 + k): the prediction itself (s = 1) where little has been checked so far.
        """
        predicted, spread = self._parts(beliefs)
        if len(self._real) < _LEAST:
            return np.asarray(predicted[:, None, :])
        offset, slope = self._line()
        deviation = self._real - (offset + slope * self._predicted)
        unit = self._spread + self._spread.mean(axis=0)
        unit = np.where(unit > 0, unit, 1.0)
        expected = spread + self._spread.mean(axis=0)
        expected = np.where(self._spread.mean(axis=0) > 0, expected, 1.0)
        scaled = expected[:, None, :] * (deviation / unit)
        return np.asarray((offset + slope * predicted)[:, None, :] + scaled)

    def _parts(self, beliefs: Array) -> tuple[Array, Array]:
        """Prediction and disagreement ((n, 1 + k) each; 0 without an ensemble)."""
        predicted, spread = np.split(beliefs, [self._real.shape[1]], axis=1)
        return predicted, spread if spread.size else np.zeros_like(predicted)

    def _line(self) -> tuple[Array, Array]:
        """Least squares of real on predicted, ((1 + k,) offset and slope), slope in [0, 1]."""
        x, y = self._predicted, self._real
        centred = x - x.mean(axis=0)
        square = np.square(centred).sum(axis=0)
        slope = (centred * y).sum(axis=0) / np.where(square > 0, square, 1.0)
        slope = np.where(square > 0, np.clip(slope, 0.0, 1.0), 1.0)
        return y.mean(axis=0) - slope * x.mean(axis=0), slope

    def state(self) -> dict[str, Array]:
        """The pairs."""
        return {
            "predicted": self._predicted,
            "real": self._real,
            "spread": self._spread,
            "expected": self._expected,
        }

    def load_state(self, tree: dict[str, Array]) -> None:
        """Restores ``state()``."""
        self._predicted = np.array(tree["predicted"], np.float64)
        self._real = np.array(tree["real"], np.float64)
        # Not in checkpoints of earlier versions, which had neither ensembles nor intervals.
        self._spread = np.array(tree.get("spread", np.zeros_like(self._real)), np.float64)
        unknown = np.full((len(self._real), len(QUANTILES), self._real.shape[1]), np.nan)
        self._expected = np.array(tree.get("expected", unknown), np.float64)


def inside_intervals(names: Sequence[str], expected: Array, real: Array) -> dict[str, float]:
    """Returns how many real values were within what was expected: half of them, were all right.

    Args:
        names: Of the 1 + k quantities.
        expected: (n, q, 1 + k) ``QUANTILES``.
        real: (n, 1 + k).

    Returns:
        ``{name}_inside_50``, ``{name}_inside_90``: shares, 0 to 1.
    """
    slack = 1e-9 * (1 + np.abs(real))  # what is certain is rounded all the same
    shares = {}
    for percent, (first, last) in INTERVALS.items():
        low, high = expected[:, first] - slack, expected[:, last] + slack
        inside = ((low <= real) & (real <= high)).mean(axis=0)
        for name, share in zip(names, inside, strict=True):
            shares[f"{name}_inside_{percent}"] = float(share)
    return shares
