"""A selection rule of one's own: what is farthest from all that is known comes first."""

from __future__ import annotations

import numpy as np
from pydantic import Field
from scipy.spatial import cKDTree

from dsage_mpi import Settings


class FarthestFirst:
    """Picks the elites whose predicted measures are farthest from those of real elites."""

    class Settings(Settings):
        """Keys of ``[selection.settings]``."""

        most: int = Field(10, ge=1, description="How many are simulated in an outer iteration.")

    def __call__(self, positions, context):
        """Positions of the picked elites, the farthest first; ``positions`` are in random order."""
        places = self._places(context.surrogate)[positions]
        distance, _ = cKDTree(self._places(context.known.ground_truth)).query(places)
        farthest = np.argsort(-distance, kind="stable")
        return positions[farthest[: context.settings.own.most]]

    def _places(self, archive):
        """Measures of the archive's elites, as shares of its ranges."""
        return (archive.data("measures") - archive.lower_bounds) / archive.interval_size
