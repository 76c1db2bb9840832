"""Centroidal Voronoi tessellations (pyribs ``CVTArchive``; Vassiliades et al. 2018).

The number of cells is chosen, and does not grow with the number of measures. Distances are taken
in ranges, not in units: a measure from 0 to 1 counts as much as one from 0 to 648.
"""

from __future__ import annotations

import logging
from functools import cached_property
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from dsage_mpi.archives.base import Archives
from dsage_mpi.archives.settings import ArchiveSettings
from dsage_mpi.archives.tessellation import centroidal
from dsage_mpi.core.seeding import Purpose, generator
from dsage_mpi.core.settings import problems_error
from dsage_mpi.core.state import Tree

_log = logging.getLogger("dsage_mpi.archives")

#: From so many samples on it takes seconds, of which somebody should know.
_SLOW = 300_000
#: Samples per cell, and at least so many, where an input does not say.
_PER_CELL, _LEAST = 25, 10_000


class CvtSettings(ArchiveSettings):
    """A centroidal Voronoi tessellation of measure space (ground truth and surrogate alike)."""

    SIZE: ClassVar[str] = "cells"

    cells: int = Field(
        ge=1,
        le=10**6,
        description="Number of cells. Their centres come from the run seed, and checkpoints "
        "keep them.",
    )
    samples: int | None = Field(
        None,
        ge=1,
        le=10**8,
        description=f"Uniform points that the centres are computed from; unset: {_PER_CELL} per "
        f"cell, at least {_LEAST}. More make cells more equal and take longer.",
    )

    @property
    def cell_count(self) -> int:
        """Number of cells."""
        return self.cells

    @property
    def sample_count(self) -> int:
        """Number of samples, chosen or not."""
        return self.samples or max(_LEAST, _PER_CELL * self.cells)

    def smallest(self) -> CvtSettings:
        """Two cells."""
        return self.model_copy(update={"cells": 2, "samples": 2})

    @model_validator(mode="after")
    def _enough(self) -> CvtSettings:
        if self.samples is not None and self.samples < self.cells:
            message = f"= {self.samples}: expected at least archive.cells, {self.cells}"
            raise problems_error([("samples", message)])
        return self


class CvtArchives(Archives):
    """Voronoi cells around centres that are spread evenly; a cell is named by its number."""

    Settings = CvtSettings

    @cached_property
    def centroids(self) -> NDArray[np.float64]:  # type: ignore[override]
        """(cells, k) float64, in the measures' units."""
        settings = self.settings
        if settings.sample_count >= _SLOW:
            _log.info(
                "computing the centres of %d cells from %d points, which takes a while (about half "
                "a minute per million points; fewer: archive.samples); checkpoints keep them",
                settings.cells,
                settings.sample_count,
            )
        rng = generator(self.run_seed, Purpose.ARCHIVE_CELLS, 0)
        low, high = self.ranges
        samples = rng.random((settings.sample_count, len(low)))
        return np.asarray(low + (high - low) * centroidal(samples, settings.cells, rng))

    def state(self) -> Tree:
        """The centroids: what other versions of libraries compute may differ in the last bit."""
        return {"centroids": self.centroids}

    def load_state(self, tree: Tree) -> None:
        """Takes over the centroids that ``state()`` kept."""
        self.__dict__["centroids"] = np.array(tree["centroids"], np.float64)
        self.__dict__.pop("_empty", None)
        self._grouping = None
