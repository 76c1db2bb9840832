"""Looking at PNGs as a test can."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def pixels(path: Path) -> NDArray[np.uint8]:
    """(h, w, 3) uint8."""
    with Image.open(path) as image:
        assert image.format == "PNG"
        return np.asarray(image.convert("RGB"))


def share_of(path: Path, colour: tuple[int, int, int] | str, tolerance: int = 3) -> float:
    """Share of the picture's pixels that have a colour."""
    if isinstance(colour, str):
        colour = tuple(int(colour[i : i + 2], 16) for i in (1, 3, 5))  # type: ignore[assignment]
    difference = np.abs(pixels(path).astype(int) - np.array(colour)).max(axis=2)
    return float((difference <= tolerance).mean())


def colours_in(path: Path) -> int:
    """Number of different colours."""
    return len(np.unique(pixels(path).reshape(-1, 3), axis=0))


def render(level: NDArray[np.int8]) -> NDArray[np.uint8]:
    """Mazes as the domain draws them, roughly."""
    palette: Any = np.array([[255, 255, 255], [0, 0, 0], [0, 255, 0], [255, 0, 255]], np.uint8)
    return np.asarray(np.kron(palette[level], np.ones((8, 8, 1), np.uint8)), dtype=np.uint8)
