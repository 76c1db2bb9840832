"""Centroidal Voronoi tessellations: centres whose cells are about equally large.

Lloyd's algorithm (Lloyd 1982) on uniform samples, as Vassiliades, Chatzilygeroudis and Mouret
(2018) use k-means. scikit-learn's k-means, which pyribs calls, adds up in an order that depends on
the number of threads, multiplies matrices by whatever BLAS there is, and takes ten times as long
for thousands of cells: here a k-d tree finds the nearest centre.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dsage_mpi.core.domain import Array

#: After so many rounds cells change by a percent or two of their size.
_ROUNDS = 40


def centroidal(samples: Array, count: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Returns ``count`` points ((count, k) float64), each the mean of the samples nearest to it.

    The same on every machine, with any number of threads.

    Args:
        samples: (n, k) distinct points, n ≥ ``count``, of which some are the first centres.
        count: How many.
        rng: Chooses the first centres.
    """
    samples = np.asarray(samples, dtype=np.float64)
    centres = samples[np.sort(rng.choice(len(samples), count, replace=False))]
    for _ in range(_ROUNDS):
        cells = nearest(centres, samples)
        sizes = np.bincount(cells, minlength=count)
        sums = [np.bincount(cells, column, count) for column in samples.T]
        # A centre that no sample is nearest to stays where it is.
        means = np.column_stack(sums) / np.maximum(sizes, 1)[:, None]
        moved = np.where(sizes[:, None] > 0, means, centres)
        if np.array_equal(moved, centres):
            break
        centres = moved
    return centres


def nearest(centres: Array, points: Array) -> NDArray[np.int64]:
    """Index ((n,) int64) of the centre that is nearest to each point ((n, k))."""
    from scipy.spatial import KDTree  # not where a configuration is only read

    return np.asarray(KDTree(centres).query(points)[1], dtype=np.int64)
