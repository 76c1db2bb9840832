"""What a kind of archive is to the rest: makes pyribs archives, names and groups their cells."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from dsage_mpi.archives.registry import ARCHIVES
from dsage_mpi.archives.settings import ArchiveSettings
from dsage_mpi.archives.tessellation import centroidal, nearest
from dsage_mpi.core.domain import Array
from dsage_mpi.core.seeding import Purpose, generator
from dsage_mpi.core.state import Tree

if TYPE_CHECKING:
    from ribs.archives import ArchiveBase


class Coarse(Protocol):
    """What ``[selection]`` says of coarse cells, for ``kind = "downsample"``."""

    @property
    def coarse_dims(self) -> tuple[int, ...] | None:
        """Cells of a coarse grid."""

    @property
    def coarse_cells(self) -> int | None:
        """Number of coarse cells of archives that are no grids."""


class Archives(ABC):
    """The archives of one run: ground truth and surrogate alike have these cells.

    Args:
        settings: The table ``[archive]``, of the nested class ``Settings``.
        run_seed: Seed of the run, of which cells may depend (by ``core/seeding.py``).
    """

    #: Checks the keys of ``[archive]``.
    Settings: ClassVar[type[ArchiveSettings]]
    #: "module:function" that draws an archive of two measures, as ``archive_heatmap`` does.
    HEATMAP: ClassVar[str] = "dsage_mpi.report.figures.voronoi:voronoi_heatmap"

    def __init__(self, settings: Any, run_seed: int) -> None:
        self.settings, self.run_seed = settings, run_seed

    @property
    @abstractmethod
    def centroids(self) -> Array | None:
        """(cells, k) float64 centre of each cell, in the measures' units; None for a grid."""

    def make(self, **common: Any) -> ArchiveBase:
        """Returns an empty pyribs archive: here one of Voronoi cells around the centroids.

        Args:
            common: What all archives of pyribs take: ``solution_dim``, ``ranges``, ``seed``,
                ``solution_dtype``, ``extra_fields``.
        """
        from dsage_mpi.archives.bounded import ScaledCVTArchive

        return ScaledCVTArchive(centroids=self.centroids, **common)

    @property
    def dims(self) -> tuple[int, ...]:
        """What the numbers that name a cell are below: one number, unless it is a grid."""
        return (self.settings.cell_count,)

    def coarse_cells(self, cells: Array, selection: Coarse) -> NDArray[np.int64]:
        """Which coarse cell each cell belongs to: that of the nearest coarse centre.

        Args:
            cells: (n,) flat indices.
            selection: Says how many coarse cells there are.

        Returns:
            (n,) int64.
        """
        return np.asarray(self._coarse(selection)[np.asarray(cells)])

    @classmethod
    def coarse_count(cls, selection: Coarse) -> int | None:
        """Number of coarse cells; None where the key for it is not there."""
        return selection.coarse_cells

    @classmethod
    def coarse_problems(cls, settings: Any, selection: Coarse) -> Iterator[tuple[str, str]]:
        """What is wrong with the coarse cells of ``[selection]``, as (key, message)."""
        count, cells = selection.coarse_cells, settings.cell_count
        if count is None:
            needs = f'archive.kind = "{settings.kind}" with kind = "downsample" needs it'
            yield "coarse_cells", f"is missing: {needs}, e.g. coarse_cells = {max(1, cells // 4)}"
        elif count > cells:
            yield "coarse_cells", f"= {count}: expected at most {cells}, the archive's cells"

    def cell_of(self, measures: Array) -> int:
        """Flat index of the cell that ``measures`` ((k,)) fall into."""
        return int(self.cells_of(np.asarray(measures)[None])[0])

    def cells_of(self, measures: Array) -> NDArray[np.int64]:
        """Flat index ((n,)) of the cell that each row of ``measures`` ((n, k)) falls into."""
        return np.asarray(self._empty.index_of(np.asarray(measures, np.float64)), np.int64)

    def state(self) -> Tree:
        """What a checkpoint keeps of the cells; nothing if the settings say it all."""
        return {}

    def load_state(self, tree: Tree) -> None:  # noqa: B027  (nothing to take over, mostly)
        """Takes over the cells that ``state()`` kept."""

    @property
    def ranges(self) -> NDArray[np.float64]:
        """(2, k) lower and upper bounds."""
        return np.array(self.settings.ranges, dtype=np.float64).T

    @cached_property
    def _empty(self) -> ArchiveBase:
        return self.make(solution_dim=1, ranges=self.settings.ranges, seed=0)

    def _coarse(self, selection: Coarse) -> NDArray[np.int64]:
        """(cells,) coarse cell of every cell."""
        centres, count = self.centroids, self.coarse_count(selection)
        if centres is None or count is None:  # checked with the configuration
            raise ValueError("without centroids and selection.coarse_cells there is no grouping")
        if self._grouping is None or self._grouping[0] != count:
            low, high = self.ranges
            places = (centres - low) / (high - low)
            rng = generator(self.run_seed, Purpose.ARCHIVE_CELLS, 1)
            self._grouping = count, nearest(centroidal(places, count, rng), places)
        return self._grouping[1]

    #: Number of coarse cells, and the coarse cell of every cell.
    _grouping: tuple[int, NDArray[np.int64]] | None = None


def build_archives(
    settings: ArchiveSettings, run_seed: int, stored: Tree | None = None
) -> Archives:
    """The kind of archives that ``settings.kind`` names.

    Args:
        settings: The table ``[archive]``.
        run_seed: Seed of the run.
        stored: A checkpoint, whose cells are taken over.

    Raises:
        ComponentError: A kind from elsewhere cannot be imported.
    """
    made: Archives = ARCHIVES.load(settings.kind)(settings, run_seed)
    if stored is not None and "cells" in stored:
        made.load_state(stored["cells"])
    return made
