"""What a picture of a level has to be."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray


def picture_problem(picture: NDArray[Any]) -> str:
    """What keeps an array from being an RGB picture ((height, width, 3) uint8); empty if nothing.

    Other integers will do; real numbers will not, as nobody can tell their range.
    """
    if picture.dtype.kind in "ui" and picture.ndim == 3 and picture.shape[2] == 3:
        return ""
    hint = ""
    if picture.dtype.kind == "f":
        hint = "; if they are from 0 to 1: (255 * picture).astype(numpy.uint8)"
    return (
        f"gives {picture.dtype} of shape {picture.shape}: expected numbers of type uint8 (0 to "
        f"255) of shape (height, width, 3){hint}"
    )
