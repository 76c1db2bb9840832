"""Draws one outer iteration of DSAGE as a ring of four steps around two archives.

python scripts/showcase/loop.py OUTPUT.png
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from dsage_mpi.report.figures import style

_BOXES = {
    "simulate": ((2.0, 2.7), "4  simulate", "on all ranks", style.RED),
    "learn": ((7.6, 2.7), "1  learn", "train the surrogate", style.BLUE),
    "search": ((7.6, 0.7), "2  search on predictions", "thousands of solutions", style.BLUE),
    "pick": ((2.0, 0.7), "3  pick", "what should add most", style.GREEN),
}
_ARROWS = (
    ("simulate", "learn", "all that was simulated:\nthe real archive"),
    ("learn", "search", ""),
    ("search", "pick", "the surrogate archive"),
    ("pick", "simulate", ""),
)
_WIDE, _HIGH = 3.2, 1.0


def box(axes: Any, name: str) -> None:
    """One step."""
    (x, y), title, subtitle, colour = _BOXES[name]
    corner = (x - _WIDE / 2, y - _HIGH / 2)
    shape = FancyBboxPatch(corner, _WIDE, _HIGH, boxstyle="round,pad=0.02,rounding_size=0.12")
    shape.set(facecolor=colour, edgecolor="none")
    axes.add_patch(shape)
    text = {"ha": "center", "va": "center", "color": "white"}
    axes.text(x, y + 0.17, title, weight="bold", fontsize=11, **text)
    axes.text(x, y - 0.2, subtitle, fontsize=9, **text)


def arrow(axes: Any, one: str, other: str, label: str) -> None:
    """What goes from a step to the next."""
    (x, y), (u, v) = _BOXES[one][0], _BOXES[other][0]
    dx, dy = (u > x) - (u < x), (v > y) - (v < y)
    start = (x + dx * (_WIDE / 2 + 0.1), y + dy * (_HIGH / 2 + 0.1))
    end = (u - dx * (_WIDE / 2 + 0.1), v - dy * (_HIGH / 2 + 0.1))
    line = FancyArrowPatch(start, end, arrowstyle="-|>", mutation_scale=18, linewidth=1.8)
    line.set_color(style.MUTED)
    axes.add_patch(line)
    middle = ((start[0] + end[0]) / 2, start[1] + 0.12)
    axes.text(*middle, label, ha="center", va="bottom", fontsize=8.5)


def main() -> None:
    """Writes the picture."""
    output = Path(sys.argv[1])
    with style.figure(output, 9.6, 3.4, constrained=False) as figure:
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set(xlim=(0, 9.6), ylim=(0, 3.4), aspect="equal")
        axes.set_axis_off()
        for name in _BOXES:
            box(axes, name)
        for one, other, label in _ARROWS:
            arrow(axes, one, other, label)
    print(output, f"{output.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
