"""A sheet of sampled levels as PNG, one colour per tile."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dsage_mpi.domains.mario.tiles import TILES

#: RGB of each tile, in the order of ``TILES``.
_COLOURS = dict(zip(TILES, (
    (150, 190, 250), (60, 60, 60), (230, 60, 160), (140, 70, 20), (20, 140, 60), (200, 30, 30),
    (0, 170, 0), (190, 100, 50), (250, 210, 40), (255, 140, 0), (255, 255, 255), (120, 70, 40),
    (110, 200, 60), (240, 0, 0), (160, 130, 90), (255, 240, 130), (170, 140, 120),
), strict=True))  # fmt: skip
_SCALE, _MARGIN, _COLUMNS = 6, 6, 2


def save_levels(levels: NDArray[np.int8], path: Path) -> None:
    """Draws (n, 16, 56) levels side by side, two to a row."""
    from PIL import Image

    palette = np.array([_COLOURS[tile] for tile in TILES], dtype=np.uint8)
    pictures = palette[levels].repeat(_SCALE, axis=1).repeat(_SCALE, axis=2)
    _, height, width, _ = pictures.shape
    rows = -(-len(levels) // _COLUMNS)
    sheet = np.full(
        (rows * (height + _MARGIN), _COLUMNS * (width + _MARGIN), 3), 255, dtype=np.uint8
    )
    for number, picture in enumerate(pictures):
        top, left = divmod(number, _COLUMNS)
        top, left = top * (height + _MARGIN), left * (width + _MARGIN)
        sheet[top : top + height, left : left + width] = picture
    Image.fromarray(sheet).save(path)
