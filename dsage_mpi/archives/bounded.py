"""pyribs archives whose outermost cells hold all that is beyond them, however far."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from ribs.archives import CVTArchive, GridArchive
from scipy.spatial import KDTree

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from dsage_mpi.core.domain import Array


class BoundedGridArchive(GridArchive):  # type: ignore[misc]  # pyribs' types are not read
    """A grid whose outermost cells hold all that is beyond them.

    pyribs makes an int32 of a measure's position in the grid before it looks at the bounds: what is
    some billion cells off (a prediction of networks that are about to diverge) would wrap around
    to the other end, or not, as the processor has it.
    """

    def index_of(self, measures: ArrayLike) -> Array:
        """Flat cell index ((n,) int32) of measures ((n, k))."""
        return np.asarray(super().index_of(_bounded(self, measures)))


class ScaledCVTArchive(CVTArchive):  # type: ignore[misc]  # pyribs' types are not read
    """A tessellation in which a range counts as a length of 1, whatever the measure's unit.

    pyribs takes distances in units: of a measure from 0 to 1 beside one from 0 to 648 a thousand
    cells would tell next to nothing apart.
    """

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.scaled_tree = KDTree(self.scaled(self.centroids))

    def index_of(self, measures: ArrayLike) -> Array:
        """Cell index ((n,) int32) of measures ((n, k)): that of the nearest centroid."""
        bounded = _bounded(self, measures)
        if not np.isfinite(bounded).all():
            return np.asarray(super().index_of(bounded))  # pyribs says what is wrong
        return np.asarray(self.scaled_tree.query(self.scaled(bounded))[1], dtype=np.int32)

    def scaled(self, measures: Array) -> NDArray[np.float64]:
        """Measures ((n, k)) as places in the unit cube."""
        return np.asarray((measures - self.lower_bounds) / self.interval_size)


def _bounded(archive: Any, measures: ArrayLike) -> NDArray[np.float64]:
    given = np.asarray(measures, dtype=np.float64)
    bounded = np.clip(given, archive.lower_bounds, archive.upper_bounds)
    # Not infinite ones, which pyribs refuses.
    return np.where(np.isinf(given), given, bounded)
