"""Grids (pyribs ``GridArchive``): every measure's range in equal parts."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, Field

from dsage_mpi.archives.base import Archives, Coarse
from dsage_mpi.archives.settings import MOST_CELLS, MOST_MEASURES, ArchiveSettings
from dsage_mpi.core.domain import Array

if TYPE_CHECKING:
    from ribs.archives import ArchiveBase


def _few_enough(dims: tuple[int, ...]) -> tuple[int, ...]:
    if math.prod(dims) > MOST_CELLS:
        raise ValueError(f"{math.prod(dims)} cells: expected at most {MOST_CELLS} altogether")
    return dims


Cells = Annotated[int, Field(ge=1, le=10**6)]


class GridSettings(ArchiveSettings):
    """A grid that tiles measure space (ground truth and surrogate alike)."""

    SIZE: ClassVar[str] = "dims"

    dims: Annotated[tuple[Cells, ...], AfterValidator(_few_enough)] = Field(
        min_length=1, max_length=MOST_MEASURES, description="Cells along each measure."
    )

    @property
    def cell_count(self) -> int:
        """Number of cells."""
        return math.prod(self.dims)

    def smallest(self) -> GridSettings:
        """Two cells along each measure."""
        return self.model_copy(update={"dims": tuple(2 for _ in self.dims)})

    def one_per_measure(self) -> tuple[str, ...]:
        """Dims and ranges."""
        return ("dims", "ranges")


class GridArchives(Archives):
    """Grids; a cell is named by its place along each measure."""

    Settings = GridSettings
    HEATMAP = "dsage_mpi.report.figures.heatmap:archive_heatmap"

    def make(self, **common: Any) -> ArchiveBase:
        """Returns an empty grid."""
        from dsage_mpi.archives.bounded import BoundedGridArchive

        return BoundedGridArchive(dims=self.dims, **common)

    @property
    def centroids(self) -> Array | None:
        """None: the dims say it."""
        return None

    @property
    def dims(self) -> tuple[int, ...]:
        """Cells along each measure."""
        dims: tuple[int, ...] = self.settings.dims
        return dims

    def coarse_cells(self, cells: Array, selection: Coarse) -> NDArray[np.int64]:
        """Blocks of whole cells: the coarse dims divide the fine ones."""
        assert selection.coarse_dims is not None  # checked with the configuration
        factors = np.asarray(self.dims) // np.asarray(selection.coarse_dims)
        places = np.stack(np.unravel_index(cells, self.dims), axis=1) // factors
        return np.asarray(np.ravel_multi_index(tuple(places.T), selection.coarse_dims), np.int64)

    @classmethod
    def coarse_count(cls, selection: Coarse) -> int | None:
        """Number of coarse cells; None where the key for it is not there."""
        return None if selection.coarse_dims is None else math.prod(selection.coarse_dims)

    @classmethod
    def coarse_problems(cls, settings: Any, selection: Coarse) -> Iterator[tuple[str, str]]:
        """What is wrong with the coarse grid of ``[selection]``, as (key, message)."""
        coarse, fine = selection.coarse_dims, settings.dims
        if coarse is None:
            example = 'kind = "downsample" needs it, e.g. coarse_dims = [32, 27]'
            yield "coarse_dims", f"is missing: {example}"
        elif len(coarse) != len(fine):
            message = f"has {len(coarse)} entries: expected {len(fine)}, one per measure"
            yield "coarse_dims", message
        else:
            yield from _undivided(coarse, fine)


def _undivided(coarse: tuple[int, ...], fine: tuple[int, ...]) -> Iterator[tuple[str, str]]:
    for axis, (few, many) in enumerate(zip(coarse, fine, strict=True)):
        if many % few:
            divisors = [d for d in range(1, many + 1) if many % d == 0]
            best = min(divisors, key=lambda d: abs(d - few))
            yield (
                f"coarse_dims[{axis}]",
                f"= {few}: does not divide archive.dims[{axis}] = {many}; "
                f"the nearest number that does is {best}",
            )
