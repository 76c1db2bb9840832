"""A sheet of generated levels that are spread over the archive."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dsage_mpi.report.export import ArchiveTable
from dsage_mpi.report.figures import style

#: Draws one level ((H, W) int8 tile codes, or a vector) as (h, w, 3) uint8.
Render = Callable[[NDArray[Any]], NDArray[np.uint8]]

#: Column that says of a level whether it can be played at all, where a domain has it.
_PLAYABLE = "solvability"

_TILE_WIDTH = 1.75  # inches, at least, of pictures about as high as wide
_CAPTION_LINE = 0.15  # inches
_TOP = 0.7  # inches for the heading
_GAP = 0.12  # inches between pictures


def select_diverse(
    measures: NDArray[np.float64], ranges: NDArray[np.float64], count: int
) -> NDArray[np.intp]:
    """Picks ``count`` elites that lie far from each other in measure space.

    Farthest-point selection after scaling each range to [0, 1]: begins with the elite nearest to
    the mean; ties go to the smaller row number, so the choice is the same every time.

    Args:
        measures: (n, k) float64.
        ranges: (2, k) float64, lower and upper bounds of the archive.
        count: How many; all elites if there are fewer.

    Returns:
        (min(n, count),) row numbers in the order of choice.
    """
    if not len(measures) or count < 1:
        return np.empty(0, dtype=np.intp)
    scaled = (measures - ranges[0]) / (ranges[1] - ranges[0])
    chosen = [int(np.argmin(_squared_distance(scaled, scaled.mean(axis=0))))]
    nearest = _squared_distance(scaled, scaled[chosen[0]])
    while len(chosen) < min(count, len(measures)):
        nearest[chosen[-1]] = -1.0  # never twice, even where several elites coincide
        chosen.append(int(np.argmax(nearest)))
        nearest = np.minimum(nearest, _squared_distance(scaled, scaled[chosen[-1]]))
    return np.array(chosen, dtype=np.intp)


def archive_gallery(
    archive: Any,
    render: Render,
    path: Path,
    units: Sequence[str] = (),
    count: int = 24,
    title: str = "Generated levels",
) -> None:
    """Draws a diverse sample of an archive's levels, laid out like the archive itself.

    The first measure grows to the right, the second one upwards. Levels that
    nobody can play are shown only if the archive has nothing else.

    Args:
        archive: A pyribs archive with a ``level`` field, or an ``ArchiveTable``.
        render: Draws one level.
        path: The PNG.
        units: Units of the measures for the captions.
        count: How many levels to show, if there are so many.
        title: Heading.
    """
    table = ArchiveTable.of(archive)
    worthy = np.flatnonzero(_playable(table))
    if not len(worthy):
        worthy = np.arange(len(table))
    ranges = np.stack([table.lower_bounds, table.upper_bounds])
    picked = worthy[select_diverse(table.measures[worthy], ranges, count)]
    shape = table.level.shape[1:]
    columns = _columns(len(picked), shape[0] / shape[1] if len(shape) == 2 and shape[1] else 1.0)
    picked = picked[_as_on_the_map(table.measures[picked], columns)]
    captions = [_caption(table, int(row), units) for row in picked]
    level_gallery(table.level[picked], render, captions, path, columns, title)


def level_gallery(
    levels: Sequence[NDArray[Any]] | NDArray[Any],
    render: Render,
    captions: Sequence[str],
    path: Path,
    columns: int = 6,
    title: str = "Generated levels",
) -> None:
    """Draws levels side by side, row by row.

    Args:
        levels: n levels, each (H, W) int8 tile codes or a vector.
        render: Draws one level.
        captions: n texts of one or more lines, put below the pictures.
        path: The PNG.
        columns: Pictures side by side.
        title: Heading.

    Raises:
        ValueError: Not as many captions as levels.
    """
    if len(levels) != len(captions):
        raise ValueError(f"{len(captions)} captions for {len(levels)} levels")
    pictures = [np.asarray(render(np.asarray(level))) for level in levels]
    lines = max((caption.count("\n") + 1 for caption in captions), default=0)
    sheet = _Sheet.of(pictures, columns, lines)
    with style.figure(path, sheet.width, sheet.height, constrained=False) as figure:
        style.title(figure, title, _GAP / sheet.width, 1 - 0.3 / sheet.height)
        if not pictures:
            figure.text(0.5, 0.35, "no levels yet", ha="center", color=style.MUTED)
        for number, (picture, caption) in enumerate(zip(pictures, captions, strict=True)):
            _put(figure.add_axes(sheet.place(number)), picture, caption)


@dataclass(frozen=True)
class _Sheet:
    """Where pictures stand on a sheet; all in inches but ``columns`` and ``rows``."""

    columns: int
    rows: int
    tile_width: float
    tile_height: float
    caption_height: float

    @staticmethod
    def of(pictures: Sequence[NDArray[np.uint8]], columns: int, lines: int) -> _Sheet:
        """The sheet for pictures of the first one's shape, with captions of so many lines."""
        columns = max(1, min(columns, len(pictures)))
        aspect = pictures[0].shape[0] / pictures[0].shape[1] if pictures else 1.0
        sharp = pictures[0].shape[1] / style.DPI if pictures else 0.0  # no pixel is left out
        width = max(_TILE_WIDTH / math.sqrt(aspect), sharp)
        rows = math.ceil(len(pictures) / columns)
        return _Sheet(columns, rows, width, width * aspect, _CAPTION_LINE * (1 + lines))

    @property
    def width(self) -> float:
        return max(self.columns * (self.tile_width + _GAP) + _GAP, 3.6)

    @property
    def height(self) -> float:
        return _TOP + max(self.rows, 1) * (self.tile_height + self.caption_height)

    def place(self, number: int) -> tuple[float, float, float, float]:
        """Left, bottom, width and height of a picture, as shares of the sheet."""
        row, column = divmod(number, self.columns)
        left = _GAP + column * (self.tile_width + _GAP)
        top = self.height - _TOP + _GAP - row * (self.tile_height + self.caption_height)
        return (
            left / self.width,
            (top - self.tile_height) / self.height,
            self.tile_width / self.width,
            self.tile_height / self.height,
        )


def _put(axes: Any, picture: NDArray[np.uint8], caption: str) -> None:
    """Draws a picture in a thin frame, and its caption below it."""
    axes.imshow(picture, interpolation="nearest", aspect="auto")
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(True)
        spine.set_edgecolor(style.GREY)
    axes.annotate(
        caption,
        (0.5, 0),
        (0, -4),
        xycoords="axes fraction",
        textcoords="offset points",
        ha="center",
        va="top",
        fontsize=7,
        color=style.MUTED,
        linespacing=1.3,
    )


def _playable(table: ArchiveTable) -> NDArray[np.bool_]:
    """(n,); by the objective only where nothing better is known: it may be failure itself."""
    known = _PLAYABLE in (*table.measure_names, *table.metadata_names)
    return np.asarray(table.column(_PLAYABLE if known else "objective") > 0)


def _squared_distance(
    points: NDArray[np.float64], centre: NDArray[np.float64]
) -> NDArray[np.float64]:
    difference = points - centre
    return np.asarray(np.einsum("ij,ij->i", difference, difference), dtype=np.float64)


def _as_on_the_map(measures: NDArray[np.float64], columns: int) -> NDArray[np.intp]:
    """Order that puts small first measures left and large second measures up.

    Args:
        measures: (n, k) float64 of the pictures, k ≥ 1.
        columns: Pictures side by side.

    Returns:
        (n,) row numbers, picture by picture from the upper left.
    """
    count = len(measures)
    columns = max(1, min(columns, count))
    by_first = np.argsort(measures[:, 0], kind="stable")
    upwards = measures[:, min(1, measures.shape[1] - 1)]
    sheet: list[list[int]] = []
    taken = 0
    for column in range(columns):
        # A last row that is not full lacks its rightmost pictures.
        high = count // columns + (column < count % columns)
        group = by_first[taken : taken + high]
        taken += high
        sheet.append([int(i) for i in group[np.argsort(-upwards[group], kind="stable")]])
    rows = math.ceil(count / columns) if count else 0
    order = [column[row] for row in range(rows) for column in sheet if row < len(column)]
    return np.array(order, dtype=np.intp)


def _columns(count: int, aspect: float = 1.0) -> int:
    """Pictures side by side: no gap in the last row if possible, a sheet wider than high.

    Args:
        count: How many pictures.
        aspect: Height of one divided by its width. Flat ones have captions as high as they are.
    """
    few = math.ceil(math.sqrt(count * min(1.0, 1.25 * aspect)))

    def cost(columns: int) -> tuple[int, float]:
        rows = math.ceil(count / columns)
        return columns * rows - count, abs(columns / rows / min(1.0, 1.25 * aspect) - 1.5)

    return min(range(max(few, 1), 2 * few + 1), key=cost, default=1)


def _caption(table: ArchiveTable, row: int, units: Sequence[str]) -> str:
    lines = []
    for i, name in enumerate(table.measure_names):
        unit = style.unit_beside(name, units[i] if i < len(units) else "")
        value = _rounded(table.measures[row, i])
        lines.append(f"{style.readable(name)} {value} {unit}".rstrip())
    lines.append(f"objective {_rounded(table.objective[row])}")
    return "\n".join(lines)


def _rounded(value: float) -> str:
    """Three digits of small numbers, one decimal of larger ones, none where there are none."""
    if float(value).is_integer():
        return str(int(value))
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.3g}"
