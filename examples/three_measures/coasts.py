"""A domain with three measures: maps of land and water, and how long their coasts are."""

from __future__ import annotations

from scipy import ndimage

from dsage_mpi import DomainBase, Measure


class Coasts(DomainBase):
    """12 x 12 tiles of water (0) and land (1)."""

    MEASURES = {
        "land": Measure(0, 144, "tiles", "tiles that are land"),
        "islands": Measure(0, 72, "islands", "connected pieces of land"),
        "coast": Measure(0, 264, "edges", "edges between land and water"),
    }

    def sample(self, rng):
        """A random map."""
        return (rng.random((12, 12)) < rng.random()).astype(int)

    def simulate(self, level, seed):
        """Counts; the larger the largest island, the better."""
        labels, islands = ndimage.label(level)
        largest = max(ndimage.sum(level, labels, range(1, islands + 1)), default=0)
        coast = (level[1:] != level[:-1]).sum() + (level[:, 1:] != level[:, :-1]).sum()
        return {"objective": largest / 144, "land": level.sum(), "islands": islands, "coast": coast}
