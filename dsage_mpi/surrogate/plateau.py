"""Early stopping: when a training gains nothing more (Prechelt 1998, patience)."""

from __future__ import annotations

import math

#: An error counts as less than another if it is by this share.
_LEAST_GAIN = 0.01


class Plateau:
    """Sees when an error falls no more.

    Args:
        patience: So many times in a row without a new least error are a plateau; None: never.
    """

    def __init__(self, patience: int | None) -> None:
        self._patience, self._least, self._waited = patience, math.inf, 0

    def reached(self, error: float) -> bool:
        """Takes the next error; whether it is on a plateau."""
        better = error < (1 - _LEAST_GAIN) * self._least
        self._waited = 0 if better else self._waited + 1
        self._least = min(self._least, error)
        return self._patience is not None and self._waited >= self._patience
