"""What levels are: images of tile codes, or vectors of numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from dsage_mpi.core.domain import DomainError

if TYPE_CHECKING:
    from dsage_mpi.core.domain import Domain

LevelKind = Literal["images", "vectors"]


@dataclass(frozen=True)
class Planes:
    """Images that a domain computes from a level, for networks to see beside its tiles.

    Attributes:
        names: What each shows.
        compute: Levels ((n, H, W) int8) to planes ((n, P, H, W) float32, numbers of about 1).
    """

    names: tuple[str, ...]
    compute: Callable[[NDArray[np.int8]], NDArray[np.float32]]

    def __deepcopy__(self, memo: dict[int, Any]) -> Planes:
        """Itself: ``compute`` may belong to a domain, whose agent cannot be copied."""
        return self

    @classmethod
    def of(cls, domain: Domain) -> Planes | None:
        """The planes of ``domain``; None if it computes none.

        Raises:
            DomainError: It says what they show, and has no method that computes them.
        """
        names = tuple(getattr(domain, "PLANES", ()))
        if names and not hasattr(domain, "planes"):
            raise DomainError(
                f"PLANES of the {type(domain).__name__} domain names {', '.join(names)}, and it "
                "has no method planes(levels) that computes them (docs/extending.md)"
            )
        return cls(names, domain.planes) if names else None  # type: ignore[attr-defined]


@dataclass(frozen=True)
class LevelSpace:
    """The levels of a domain, as data set, record and surrogate have to know them.

    Attributes:
        shape: (H, W) of images, (d,) of vectors.
        tile_count: Number of tile codes of images; 0 for vectors.
        empty_tile: Code that images are padded with; 0 for vectors.
        bounds: (low, high) of each number in a vector; empty where a domain declares none.
        planes: What networks see beside the tiles of images, if anything.
    """

    shape: tuple[int, ...]
    tile_count: int = 0
    empty_tile: int = 0
    bounds: tuple[tuple[float, float], ...] = ()
    planes: Planes | None = None

    @classmethod
    def of(cls, domain: Domain, planes: bool = False) -> LevelSpace:
        """The levels of ``domain``, with its planes if they are wanted."""
        if level_kind(domain.level_shape) == "images":
            seen = Planes.of(domain) if planes else None
            return cls(domain.level_shape, domain.tile_count, domain.empty_tile, planes=seen)
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
    def channels(self) -> int:
        """Channels of the image that networks see: tile codes, then planes."""
        return self.tile_count + len(self.planes.names if self.planes else ())

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
