"""Archives of elites: construction, statistics and state (pyribs).

Cells keep their best solution: a strictly better objective replaces, a tie keeps the incumbent
(Bhatt et al. 2022, section 2).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from dsage_mpi.core.levels import level_dtype

if TYPE_CHECKING:
    from ribs.archives import ArchiveBase

    from dsage_mpi.archives import Archives
    from dsage_mpi.core.domain import Array, Domain

#: Fields of an elite in the ground-truth archive, in the order in which they are stored.
ELITE_FIELDS = ("solution", "objective", "measures", "level", "metadata", "evaluation", "index")


def ground_truth_archive(archives: Archives, domain: Domain, seed: int) -> ArchiveBase:
    """Empty archive for real evaluations, with level, metadata and evaluation number per elite."""
    extra = {
        "level": (domain.level_shape, level_dtype(domain.level_shape)),
        "metadata": ((len(domain.metadata_names),), np.float64),
        "evaluation": ((), np.int64),
    }
    return _empty(archives, domain, seed, extra)


def surrogate_archive(
    archives: Archives,
    domain: Domain,
    seed: int,
    make: Callable[..., ArchiveBase] | None = None,
    *,
    spread: bool = False,
) -> ArchiveBase:
    """Empty archive for predictions (the inner loop's), with level and ancestor of each elite.

    The field "evaluation" is the simulated level that an elite is or descends from, -1 if none.

    Args:
        archives: Says what cells there are.
        domain: Says what solutions and levels are.
        seed: Of the elites that it samples.
        make: Instead of ``archives.make``.
        spread: Whether elites have how far the members of an ensemble disagree about them, too.
    """
    extra: dict[str, Any] = {
        "level": (domain.level_shape, level_dtype(domain.level_shape)),
        "evaluation": ((), np.int64),
    }
    if spread:
        extra["spread"] = ((1 + len(archives.settings.measures),), np.float64)
    return _empty(archives, domain, seed, extra, make)


def _empty(
    archives: Archives,
    domain: Domain,
    seed: int,
    extra: dict[str, Any],
    make: Callable[..., ArchiveBase] | None = None,
) -> ArchiveBase:
    return (make or archives.make)(
        solution_dim=domain.solution_dim,
        ranges=archives.settings.ranges,
        seed=seed,
        solution_dtype=domain.solution_dtype,
        extra_fields=extra,
    )


def start_from(archive: ArchiveBase, ground_truth: ArchiveBase) -> None:
    """Puts real elites, with their simulated values, into an empty surrogate archive."""
    if ground_truth.empty:
        return
    known = ground_truth.data(["solution", "objective", "measures", "level", "evaluation"])
    if "spread" in archive.field_list:
        known["spread"] = np.zeros((len(ground_truth), 1 + archive.measure_dim))
    archive.add(**known)


def elites(archive: ArchiveBase) -> dict[str, Array]:
    """All elites as arrays, in the order in which their cells were discovered."""
    data: dict[str, Any] = archive.data()
    return {name: data[name] for name in ELITE_FIELDS if name in data}


def qd_score(archive: ArchiveBase) -> float:
    """Sum of objectives over all elites, added in cell order (no history in the rounding)."""
    data = archive.data(["objective", "index"])
    return float(np.sum(data["objective"][np.argsort(data["index"])]))


def coverage(archive: ArchiveBase) -> float:
    """Occupied cells divided by cells."""
    return len(archive) / int(archive.cells)


def places(archive: ArchiveBase) -> Array:
    """Where the elites' cells lie in the unit cube ((n, k)), in the order of ``archive.data()``."""
    if hasattr(archive, "dims"):
        cells = archive.int_to_grid_index(archive.data("index"))
        return np.asarray(cells / np.asarray(archive.dims))
    scaled = (archive.data("measures") - archive.lower_bounds) / archive.interval_size
    return np.asarray(np.clip(scaled, 0, 1))
