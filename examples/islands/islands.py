"""A first domain: maps of land and water. docs/extending.md leads through it."""

from __future__ import annotations

from pydantic import Field
from scipy import ndimage

from dsage_mpi import DomainBase, Measure


class Islands(DomainBase):
    """12 x 12 tiles of water (0) and land (1): few big islands or many small ones."""

    MEASURES = {
        "land": Measure(0, 144, "tiles", "tiles that are land"),
        "islands": Measure(0, 72, "islands", "connected pieces of land"),
    }

    class Settings(DomainBase.Settings):
        """Keys of ``[domain]``."""

        land: float = Field(0.5, ge=0, le=1, description="Share of land in random maps.")

    def sample(self, rng):
        """A random map."""
        return (rng.random((12, 12)) < self.settings.land).astype(int)

    def simulate(self, level, seed):
        """Counts; the larger the largest island, the better."""
        labels, count = ndimage.label(level)
        largest = max(ndimage.sum(level, labels, range(1, count + 1)), default=0)
        return {"objective": largest / 144, "land": level.sum(), "islands": count}
