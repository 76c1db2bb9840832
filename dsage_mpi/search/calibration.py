"""What the surrogate's predictions were worth the last time that they could be checked.

An inner loop finds the surrogate's optimistic mistakes, so that its proposals turn out nearer to
the average than predicted, by amounts that no training loss shows. The last proposals that were
simulated do show them: a line through (predicted, real) says how much of a prediction to believe,
and the deviations from it what else to expect.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from dsage_mpi.core.domain import Array

#: Most recent checked predictions that are kept.
_KEPT = 100
#: Fewer tell nothing about a line.
_LEAST = 8


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

    def observe(self, beliefs: Array, real: Array) -> None:
        """Takes in checked beliefs ((n, 1 + k) or (n, 2 + 2k)) and real values, newest last."""
        predicted, spread = self._parts(beliefs)
        self._predicted = np.concatenate([self._predicted, predicted])[-_KEPT:]
        self._spread = np.concatenate([self._spread, spread])[-_KEPT:]
        self._real = np.concatenate([self._real, real])[-_KEPT:]

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
        return {"predicted": self._predicted, "real": self._real, "spread": self._spread}

    def load_state(self, tree: dict[str, Array]) -> None:
        """Restores ``state()``."""
        self._predicted = np.array(tree["predicted"], np.float64)
        self._real = np.array(tree["real"], np.float64)
        # Not in checkpoints of earlier versions, which had no ensembles.
        self._spread = np.array(tree.get("spread", np.zeros_like(self._real)), np.float64)
