"""An archive of one's own: hexagonal cells over two measures."""

from __future__ import annotations

import math

import numpy as np
from pydantic import Field

from dsage_mpi.archives import Archives, ArchiveSettings


class HexagonSettings(ArchiveSettings):
    """Keys of ``[archive]`` beside ``kind``, ``measures`` and ``ranges``."""

    measures: tuple[str, str] = Field(description="Names of two measures, x then y.")
    across: int = Field(ge=1, le=1000, description="Hexagons along the first measure.")

    @property
    def cell_count(self) -> int:
        """Number of cells."""
        return self.across * self.rows

    @property
    def rows(self) -> int:
        """Rows of hexagons along the second measure: they overlap by a quarter."""
        return max(1, round(self.across * 2 / math.sqrt(3)))


class HexagonArchives(Archives):
    """Hexagons, each row half a hexagon further right than the one below it."""

    Settings = HexagonSettings

    @property
    def centroids(self):
        """Centre of each cell ((cells, 2)), row by row, in the units of the measures."""
        across, rows = self.settings.across, self.settings.rows
        row, column = np.divmod(np.arange(across * rows), across)
        x = (column + 0.25 + 0.5 * (row % 2)) / across
        y = (row + 0.5) / rows
        low, high = self.ranges
        return low + np.stack([x, y], axis=1) * (high - low)
