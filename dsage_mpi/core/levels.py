"""What levels are: images of tile codes, or vectors of numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from dsage_mpi.core.domain import Domain

LevelKind = Literal["images", "vectors"]


@dataclass(frozen=True)
class LevelSpace:
    """The levels of a domain, as data set, record and surrogate have to know them.

    Attributes:
        shape: (H, W) of images, (d,) of vectors.
        tile_count: Number of tile codes of images; 0 for vectors.
        empty_tile: Code that images are padded with; 0 for vectors.
        bounds: (low, high) of each number in a vector; empty where a domain declares none.
    """

    shape: tuple[int, ...]
    tile_count: int = 0
    empty_tile: int = 0
    bounds: tuple[tuple[float, float], ...] = ()

    @classmethod
    def of(cls, domain: Domain) -> LevelSpace:
        """The levels of ``domain``."""
        if level_kind(domain.level_shape) == "images":
            return cls(domain.level_shape, domain.tile_count, domain.empty_tile)
        return cls(domain.level_shape, bounds=tuple(getattr(domain, "level_bounds", ())))

    @property
    def kind(self) -> LevelKind:
        """Whether levels are images or vectors."""
        return level_kind(self.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """int8 (tile codes) or float64 (numbers of vectors)."""
        return level_dtype(self.shape)

    @property
    def grid_shape(self) -> tuple[int, ...]:
        """Shape of an occupancy grid: (H, W), or (0,) for vectors, which have none."""
        return grid_shape(self.shape)


def level_kind(shape: tuple[int, ...]) -> LevelKind:
    """What levels of this shape are: those of one dimension are vectors."""
    return "vectors" if len(shape) == 1 else "images"


def level_dtype(shape: tuple[int, ...]) -> np.dtype[Any]:
    """Dtype of levels of this shape: int8 for images, float64 for vectors."""
    return np.dtype(np.float64 if len(shape) == 1 else np.int8)


def grid_shape(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Shape of the occupancy grid of levels of this shape; (0,) for vectors."""
    return (0,) if len(shape) == 1 else shape


def stacked(levels: Any) -> NDArray[Any]:
    """Levels ((n, H, W) or (n, d)) as C-contiguous array of their dtype."""
    array = np.asarray(levels)
    return np.ascontiguousarray(array, dtype=level_dtype(array.shape[1:]))
