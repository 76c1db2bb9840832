"""A sheet of sampled levels as PNG."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dsage_mpi.core.atomic_files import atomic_write
from dsage_mpi.domains.mario.draw import draw_level

_COLUMNS, _MARGIN, _REDUCTION = 2, 6, 2


def save_levels(levels: NDArray[np.int8], path: Path) -> None:
    """Draws (n, 16, 56) levels at half size, two to a row."""
    pictures = [Image.fromarray(draw_level(level)).reduce(_REDUCTION) for level in levels]
    width, height = (side + _MARGIN for side in pictures[0].size)
    rows = -(-len(pictures) // _COLUMNS)
    sheet = Image.new("RGB", (_COLUMNS * width - _MARGIN, rows * height - _MARGIN), "white")
    for number, picture in enumerate(pictures):
        row, column = divmod(number, _COLUMNS)
        sheet.paste(picture, (column * width, row * height))
    with atomic_write(path) as file:
        sheet.save(file, format="png")
