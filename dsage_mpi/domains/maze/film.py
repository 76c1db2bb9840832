"""Rollouts in mazes as pictures: the agent's ways over a level, step by step or all at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageDraw

from dsage_mpi.domains.maze.draw import Image, draw_level
from dsage_mpi.domains.maze.levels import SIDE

#: Directions of the agent as (columns, rows): right, down, left, up.
_AHEAD = ((1, 0), (0, 1), (-1, 0), (0, -1))
_COLOURS = ("#2e5abe", "#c8286e", "#1d8a5f", "#d07a00", "#7d3fb0")
_HALO = "#ffffff"
_TILE = 16
_FINE = 3  # a picture is drawn so many times larger, and then made smaller
_LAST_FRAMES = 10


class MazeFilm:
    """Rollouts of one evaluation that can be looked at.

    Args:
        level: (16, 16) tile codes.
        ways: Of each rollout the (steps,) states before each step: 4 * cell + direction.
        goals: Of each rollout the cell it ends in; -1 if it ran out of time.
        first: Number of the first rollout, for its colour.
    """

    frame_seconds = 0.08

    def __init__(
        self,
        level: NDArray[np.int8],
        ways: Sequence[NDArray[np.int16]],
        goals: Sequence[int],
        first: int = 0,
    ) -> None:
        self._base = draw_level(level)
        self._first = first
        self._ways = [
            np.append(way, 4 * goal + (way[-1] & 3)) if goal >= 0 else way
            for way, goal in zip(ways, goals, strict=True)
        ]

    def still(self) -> Image:
        """The level with the whole ways: (288, 288, 3) uint8."""
        return self._drawn(self._longest)

    def frames(self, whole: bool) -> Iterator[Image]:
        """One picture per step of the longest rollout, always of the whole level."""
        for steps in range(1, self._longest + 1):
            yield self._drawn(steps)
        for _ in range(_LAST_FRAMES):
            yield self._drawn(self._longest)

    def svg(self) -> str:
        """The level with the ways as lines, and agents that walk them for as long as one looks."""
        side = (SIDE + 2) * _TILE
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" '
            f'width="{2 * side}" height="{2 * side}">',
            *_squares(self._base),
        ]
        for number, way in enumerate(self._ways):
            points = [(x / _FINE, y / _FINE) for x, y in self._points(way, number)]
            path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
            colour = self._colour(number)
            line = f'd="{path}" fill="none" stroke-linejoin="round" stroke-linecap="round"'
            parts += [
                f'<path {line} stroke="{_HALO}" stroke-width="4.5"/>',
                f'<path {line} stroke="{colour}" stroke-width="2.2"/>',
                f'<circle r="4.5" fill="{colour}"><animateMotion path="{path}" '
                f'dur="{len(points) * self.frame_seconds:.2f}s" repeatCount="indefinite" '
                'calcMode="linear"/></circle>',
            ]
        return "\n".join([*parts, "</svg>\n"])

    @property
    def _longest(self) -> int:
        return max((len(way) for way in self._ways), default=0)

    def _colour(self, number: int) -> str:
        return _COLOURS[(self._first + number) % len(_COLOURS)]

    def _drawn(self, steps: int) -> Image:
        size = self._base.shape[0] * _FINE
        canvas = Pillow.fromarray(self._base).resize((size, size), Pillow.Resampling.NEAREST)
        pen = ImageDraw.Draw(canvas)
        thin = 0.5 if len(self._ways) > len(_COLOURS) else 1.0
        for number, way in enumerate(self._ways):
            points = self._points(way[:steps], number)
            for colour, width in ((_HALO, 5), (self._colour(number), 2.5)):
                pen.line(points, fill=colour, width=round(width * _FINE * thin), joint="curve")
        for number, way in enumerate(self._ways):
            self._put_agent(pen, way[:steps], number)
        small = canvas.resize(self._base.shape[:2], Pillow.Resampling.BOX)
        return np.asarray(small)

    def _put_agent(self, pen: ImageDraw.ImageDraw, way: NDArray[np.int16], number: int) -> None:
        x, y = self._points(way[-1:], number)[0]
        right, down = _AHEAD[int(way[-1]) & 3]
        long, wide = 5.5 * _FINE, 4.0 * _FINE
        corners = [
            (x + long * right, y + long * down),
            (x - wide * right + wide * down, y - wide * down + wide * right),
            (x - wide * right - wide * down, y - wide * down - wide * right),
        ]
        pen.polygon(corners, fill=self._colour(number), outline=_HALO, width=_FINE // 2)

    def _points(self, way: NDArray[np.int16], number: int) -> list[tuple[float, float]]:
        """Where the steps are on the fine picture; ways do not quite hide each other."""
        beside = ((number % len(_COLOURS)) - 2) * (1.1 if len(self._ways) > 1 else 0.0)
        rows, columns = np.divmod(np.asarray(way, np.int64) >> 2, SIDE)
        x = (columns + 1.5) * _TILE + beside
        y = (rows + 1.5) * _TILE + beside
        return list(zip((x * _FINE).tolist(), (y * _FINE).tolist(), strict=True))


def _squares(picture: Image) -> Iterator[str]:
    """A picture of tiles as one rectangle per tile, in the colour of its middle."""
    middle = picture[_TILE // 2 :: _TILE, _TILE // 2 :: _TILE]
    for row, colours in enumerate(middle):
        for column, (red, green, blue) in enumerate(colours.tolist()):
            yield (
                f'<rect x="{column * _TILE}" y="{row * _TILE}" width="{_TILE}" height="{_TILE}" '
                f'fill="#{red:02x}{green:02x}{blue:02x}"/>'
            )
