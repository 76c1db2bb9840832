"""Grid archives: construction, statistics and state (pyribs ``GridArchive``).

Cells keep their best solution: a strictly better objective replaces, a tie keeps the incumbent
(Bhatt et al. 2022, section 2).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from ribs.archives import GridArchive

from dsage_mpi.core.levels import level_dtype

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from dsage_mpi.config.tables import ArchiveSettings
    from dsage_mpi.core.domain import Array, Domain

#: Fields of an elite in the ground-truth archive, in the order in which they are stored.
ELITE_FIELDS = ("solution", "objective", "measures", "level", "metadata", "evaluation", "index")


class BoundedGridArchive(GridArchive):  # type: ignore[misc]  # pyribs has no types
    """A grid whose outermost cells hold all that is beyond them, however far.

    pyribs makes an int32 of a measure's position in the grid before it looks at the bounds: what is
    some billion cells off (a prediction of networks that are about to diverge) would wrap around
    to the other end, or not, as the processor has it.
    """

    def index_of(self, measures: ArrayLike) -> Array:
        """Flat cell index ((n,) int32) of measures ((n, k))."""
        given = np.asarray(measures, dtype=np.float64)
        bounded = np.clip(given, self.lower_bounds, self.upper_bounds)
        # Not infinite ones, which pyribs refuses.
        return np.asarray(super().index_of(np.where(np.isinf(given), given, bounded)))


def ground_truth_archive(settings: ArchiveSettings, domain: Domain, seed: int) -> GridArchive:
    """Empty archive for real evaluations, with level, metadata and evaluation number per elite."""
    return BoundedGridArchive(
        solution_dim=domain.solution_dim,
        dims=settings.dims,
        ranges=settings.ranges,
        seed=seed,
        solution_dtype=domain.solution_dtype,
        extra_fields={
            "level": (domain.level_shape, level_dtype(domain.level_shape)),
            "metadata": ((len(domain.metadata_names),), np.float64),
            "evaluation": ((), np.int64),
        },
    )


def surrogate_archive(settings: ArchiveSettings, domain: Domain, seed: int) -> GridArchive:
    """Empty archive for predictions (the inner loop's), with the level of each elite."""
    return BoundedGridArchive(
        solution_dim=domain.solution_dim,
        dims=settings.dims,
        ranges=settings.ranges,
        seed=seed,
        solution_dtype=domain.solution_dtype,
        extra_fields={"level": (domain.level_shape, level_dtype(domain.level_shape))},
    )


def start_from(archive: GridArchive, ground_truth: GridArchive) -> None:
    """Puts real elites, with their simulated values, into an empty surrogate archive."""
    if not ground_truth.empty:
        archive.add(**ground_truth.data(["solution", "objective", "measures", "level"]))


def elites(archive: GridArchive) -> dict[str, Array]:
    """All elites as arrays, in the order in which their cells were discovered."""
    data: dict[str, Any] = archive.data()
    return {name: data[name] for name in ELITE_FIELDS if name in data}


def qd_score(archive: GridArchive) -> float:
    """Sum of objectives over all elites, added in cell order (no history in the rounding)."""
    data = archive.data(["objective", "index"])
    return float(np.sum(data["objective"][np.argsort(data["index"])]))


def coverage(archive: GridArchive) -> float:
    """Occupied cells divided by cells."""
    return len(archive) / int(archive.cells)
