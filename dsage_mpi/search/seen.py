"""Which levels have been simulated, so that none is simulated twice."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dsage_mpi.core.levels import stacked

if TYPE_CHECKING:
    from dsage_mpi.core.domain import Array


class SeenLevels:
    """A set of levels, kept as hashes of 16 bytes each.

    Levels rather than solutions, because several latent vectors can make one level.
    """

    def __init__(self) -> None:
        self._hashes: set[bytes] = set()

    def add(self, levels: Array) -> None:
        """Takes in levels ((n, H, W) int8 or (n, d) float64)."""
        self._hashes.update(map(_hash, stacked(levels)))

    def __call__(self, levels: Array) -> NDArray[np.bool_]:
        """Whether each of the levels ((n, H, W) or (n, d)) is known ((n,) bool)."""
        found = (_hash(level) in self._hashes for level in stacked(levels))
        return np.fromiter(found, np.bool_, len(levels))


def _hash(level: Array) -> bytes:
    return blake2b(level.tobytes(), digest_size=16).digest()
