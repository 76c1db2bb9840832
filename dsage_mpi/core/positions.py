"""What the positions of a solution are, for whatever changes solutions of any kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from dsage_mpi.core.domain import Domain

#: Kinds of positions: real numbers, whole numbers, choices without order.
REAL, INTEGER, CHOICE = range(3)

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Positions:
    """Kinds and ranges of all positions.

    Attributes:
        kinds: (d,) int8, each ``REAL``, ``INTEGER`` or ``CHOICE``.
        low: (d,) float64, smallest value; -inf where there is none.
        high: (d,) float64, largest value; inf where there is none.
    """

    kinds: NDArray[np.int8]
    low: Numbers
    high: Numbers

    @classmethod
    def of(cls, domain: Domain) -> Positions:
        """The positions of ``domain``'s solutions."""
        if (parameters := getattr(domain, "parameters", None)) is not None:
            found: Positions = parameters.positions
            return found
        size, ones = domain.solution_dim, np.ones(domain.solution_dim)
        if domain.solution_kind == "discrete":
            return cls(np.full(size, CHOICE, np.int8), 0 * ones, ones * domain.solution_values - 1)
        return cls(np.full(size, REAL, np.int8), -np.inf * ones, np.inf * ones)

    def problem(self, solutions: Numbers) -> str | None:
        """Says which number of ``solutions`` ((n, d)) its position cannot have, or returns None."""
        fitting = np.isfinite(solutions) & (solutions >= self.low) & (solutions <= self.high)
        fitting &= (self.kinds == REAL) | (solutions == np.rint(solutions))
        if fitting.all():
            return None
        row, place = np.argwhere(~fitting)[0]
        number = "a number" if self.kinds[place] == REAL else "a whole number"
        if np.isfinite(self.high[place] - self.low[place]):
            number += f" from {self.low[place]:g} to {self.high[place]:g}"
        return f"position {place} of solution {row} is {solutions[row, place]:g}: expected {number}"

    def moved(self, solutions: Numbers, steps: Numbers, uniform: Numbers) -> Numbers:
        """Solutions ((n, d)) of which every position has been changed, within its range.

        Args:
            solutions: (n, d).
            steps: (n, d), how far real and whole numbers go, as shares of their range (of 1 where
                it has no end); whole numbers go one or more. What leaves the range is reflected.
            uniform: (n, d) in [0, 1): which of the other choices is taken.
        """
        width = np.where(np.isfinite(self.high - self.low), self.high - self.low, 1.0)
        distance = steps * width
        whole = np.copysign(np.maximum(1.0, np.rint(np.abs(distance))), distance)
        numbers = solutions + np.where(self.kinds == INTEGER, whole, distance)
        others = np.where(self.kinds == CHOICE, self.high, 0.0)
        chosen = (solutions + 1 + np.floor(uniform * others)) % (others + 1)
        return np.where(self.kinds == CHOICE, chosen, self._reflected(numbers))

    def _reflected(self, numbers: Numbers) -> Numbers:
        bounded = np.isfinite(self.high - self.low) & (self.high > self.low)
        low, width = np.where(bounded, self.low, 0.0), np.where(bounded, self.high - self.low, 1.0)
        over = np.mod(numbers - low, 2 * width)
        inside = low + np.minimum(over, 2 * width - over)
        inside = np.where((numbers >= self.low) & (numbers <= self.high), numbers, inside)
        return np.where(bounded, np.clip(inside, self.low, self.high), numbers)
