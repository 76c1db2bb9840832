"""Finds out how levels look: from the domain's own sheet, or from what it renders."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from dsage_mpi.core.tile_sheets import TileSheet
from dsage_mpi.report.page.pack import Packed
from dsage_mpi.report.page.source import Looks

Levels = NDArray[np.int8]

#: Levels that are rendered to see whether a tile code always looks the same.
_TRIED = 12
#: Base64 of pictures where it does not, in all.
_MOST_PICTURES = 1_200_000
#: Rings of tiles that a domain may draw around a level.
_RINGS = (0, 1)
_PLAIN_SIZE = 8  # pixels of a plain tile


@dataclass(frozen=True)
class Drawing:
    """How a page draws levels.

    Attributes:
        sheet: Its tiles.
        codes: (n, H, W) uint8 codes of the sheet.
        pictures: Row -> PNG in base64 where the sheet is only a makeshift.
    """

    sheet: TileSheet
    codes: NDArray[np.uint8]
    pictures: dict[int, str]


def drawing_of(looks: Looks, levels: Levels, preferred: NDArray[np.int64]) -> Drawing:
    """How to draw ``levels`` ((n, H, W), n and their size at least 1).

    Args:
        looks: What the domain offers.
        levels: Tile codes.
        preferred: Rows to have pictures of first, where only pictures show them as they are.
    """
    if looks.sheet is not None:
        return Drawing(looks.sheet, np.asarray(looks.codes(levels), np.uint8), {})
    codes = np.asarray(levels, np.uint8)
    if (sheet := _found_sheet(looks, levels)) is not None:
        return Drawing(sheet, codes, {})
    return Drawing(_plain_sheet(int(codes.max()) + 1), codes, _pictures(looks, levels, preferred))


def packed_sheet(sheet: TileSheet) -> Packed:
    """All tiles below each other as one PNG, one row of joins per code; figures likewise."""
    size = sheet.size
    tiles = sheet.tiles.transpose(0, 2, 1, 3, 4)  # codes, rows, joins, columns
    packed: dict[str, Any] = {
        "size": size,
        "joins": sheet.joins.tolist(),
        "joined": sheet.tiles.shape[1] > 1,
        "tiles": png(tiles.reshape(len(sheet.tiles) * size, -1, 4)),
        "ring": sheet.ring,
        "figures": {str(code): png(picture) for code, picture in sorted(sheet.figures.items())},
    }
    if sheet.backdrop.size:
        packed["backdrop"] = png(sheet.backdrop)
    return packed


def png(picture: NDArray[np.uint8]) -> str:
    """A PNG in base64."""
    file = io.BytesIO()
    Pillow.fromarray(picture).save(file, format="png", optimize=True)
    return base64.b64encode(file.getvalue()).decode("ascii")


def _found_sheet(looks: Looks, levels: Levels) -> TileSheet | None:
    """A sheet that draws some levels as the domain does; None if none does."""
    tried = _some(levels)
    pictures = [np.asarray(looks.render(levels[row])) for row in tried]
    for ring in _RINGS:
        found = _with_ring(levels[tried], pictures, ring)
        if found is not None:
            return found
    return None


def _some(levels: Levels) -> list[int]:
    """Rows that show every code, and some more that are spread."""
    seen: dict[int, int] = {}
    for code in np.unique(levels).tolist():
        row = int((levels == code).any(axis=(1, 2)).argmax())
        seen.setdefault(row, code)
    return sorted({*seen, *np.linspace(0, len(levels) - 1, _TRIED).astype(int).tolist()})


def _with_ring(levels: Levels, pictures: list[NDArray[np.uint8]], ring: int) -> TileSheet | None:
    rows, columns = (n + 2 * ring for n in levels.shape[1:])
    height, width = pictures[0].shape[:2]
    size = height // rows
    if size < 1 or (height, width) != (size * rows, size * columns):
        return None
    looks: dict[int, NDArray[np.uint8]] = {}
    outside = int(levels.max()) + 1
    for level, picture in zip(levels, pictures, strict=True):
        if picture.shape != (height, width, 3):
            return None
        ringed = np.pad(level.astype(np.int64), ring, constant_values=outside)
        parts = picture.reshape(rows, size, columns, size, 3).swapaxes(1, 2)
        for code in np.unique(ringed).tolist():
            same = parts[ringed == code]
            if (same != looks.setdefault(code, same[0])).any():
                return None
    tiles = np.zeros((outside + 1, 1, size, size, 4), np.uint8)
    for code, look in looks.items():
        tiles[code, 0, ..., :3], tiles[code, 0, ..., 3] = look, 255
    return TileSheet(size, tiles, np.zeros(len(tiles), np.int64), ring=outside if ring else -1)


def _plain_sheet(codes: int) -> TileSheet:
    """A grey for each code: what levels look like nobody knows."""
    tiles = np.full((codes, 1, _PLAIN_SIZE, _PLAIN_SIZE, 4), 255, np.uint8)
    for code in range(codes):
        tiles[code, ..., :3] = 240 - round(200 * code / max(codes - 1, 1))
    return TileSheet(_PLAIN_SIZE, tiles, np.zeros(codes, np.int64))


def _pictures(looks: Looks, levels: Levels, preferred: NDArray[np.int64]) -> dict[int, str]:
    made: dict[int, str] = {}
    left = _MOST_PICTURES
    for row in preferred.tolist():
        text = png(np.asarray(looks.render(levels[row])))
        left -= len(text)
        if left < 0:
            break
        made[row] = text
    return made
