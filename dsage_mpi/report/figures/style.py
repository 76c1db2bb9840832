"""How all figures look, whatever the user's matplotlib settings are, and how they are saved."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dsage_mpi.core.atomic_files import atomic_write

INK = "#1f2933"
MUTED = "#66717e"
GRID = "#e3e7ec"
#: Cells of an archive without an elite.
EMPTY = "#eef0f3"
BLUE, RED, AMBER, GREEN, PURPLE, GREY = (
    "#2f6690",
    "#c8553d",
    "#e0a030",
    "#4f9d76",
    "#7d5ba6",
    "#b4bcc6",
)
#: Dots per inch of every PNG.
DPI = 150

_TITLE_SIZE, _SMALLEST_TITLE = 12.0, 8.0  # points
_SIDES = 1.2  # inches that a heading cannot have: labels at its left, a margin at its right

_SETTINGS: dict[str, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 9.0,
    "text.color": INK,
    "text.parse_math": False,  # a user's title may cost $5
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.8,
    "axes.titlesize": 10.0,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "legend.frameon": False,
    "lines.linewidth": 1.8,
    "lines.solid_capstyle": "round",
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
}


@contextlib.contextmanager
def figure(path: Path, width: float, height: float, constrained: bool = True) -> Iterator[Any]:
    """Yields a matplotlib ``Figure`` and saves it to ``path`` (PNG, atomically) afterwards.

    Works on a bare ``Figure`` with the Agg canvas: no display, no pyplot, no state left behind.

    Args:
        path: The PNG.
        width: In inches.
        height: In inches.
        constrained: Whether matplotlib arranges the axes.
    """
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    defaults = {k: v for k, v in matplotlib.rcParamsDefault.items() if k != "backend"}
    with matplotlib.rc_context({**defaults, **_SETTINGS}), warnings.catch_warnings():
        # A title in a script that the font lacks is drawn as boxes; nobody can do more about it.
        warnings.filterwarnings("ignore", "Glyph .* missing from")
        layout = ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.10, wspace=0.04, hspace=0.04)
        made = Figure(figsize=(width, height), dpi=DPI, layout=layout if constrained else None)
        FigureCanvasAgg(made)
        yield made
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(path) as file:
            made.savefig(file, format="png", dpi=DPI)


def title(figure: Any, text: str, x: float, y: float) -> None:
    """Puts a bold title at ``x``, ``y`` (centre of its height), in parts of the figure."""
    made = figure.text(x, y, text, fontsize=_TITLE_SIZE, weight="bold", va="center")
    fit(made, figure.get_figwidth() * (1 - 2 * x))


def heading(axes: Any, title: str, subtitle: str = "") -> None:
    """Puts a bold title and a quiet line below it at the upper left of ``axes``."""
    # Titles, unlike other texts, are not given room by making the axes narrower.
    made = axes.set_title(title, fontsize=_TITLE_SIZE, pad=20 if subtitle else 8)
    fit(made, axes.figure.get_figwidth() - _SIDES)
    if subtitle:
        below = axes.annotate(
            subtitle,
            (0, 1),
            (0, 6),
            xycoords="axes fraction",
            textcoords="offset points",
            fontsize=9,
            color=MUTED,
        )
        below.set_in_layout(False)  # a long one does not make the axes narrower
        fit(below, axes.figure.get_figwidth() - _SIDES)


def centred(axes: Any, text: str) -> None:
    """Says in the middle of ``axes`` why nothing is drawn there."""
    at = {"transform": axes.transAxes, "ha": "center", "va": "center"}
    axes.text(0.5, 0.5, text, fontsize=12, color=MUTED, **at)


def fit(text: Any, inches: float) -> None:
    """Makes a matplotlib text that is too wide smaller, and cuts off what is then too much."""
    text.set_text(" ".join(text.get_text().splitlines()))
    if (share := inches / max(_width(text), 1e-9)) >= 1:
        return
    text.set_fontsize(max(_SMALLEST_TITLE, 0.99 * share * text.get_fontsize()))
    while (share := inches / _width(text)) < 1 and len(text.get_text()) > 1:
        kept = text.get_text().removesuffix("…")
        text.set_text(kept[: min(len(kept) - 1, int(share * len(kept)))].rstrip() + "…")


def _width(text: Any) -> float:
    """Inches."""
    return float(text.get_window_extent().width) / DPI


def thousands(axis: Any) -> None:
    """Writes the ticks of a matplotlib axis as 12 500 rather than 12500."""
    axis.set_major_formatter(lambda value, _: f"{value:,.10g}".replace(",", "\u2009"))


def counted(number: int, what: str) -> str:
    """``1 cell``, ``12 500 cells``."""
    return f"{number:,} {what}{'s' * (number != 1)}".replace(",", "\u2009")


def readable(name: str) -> str:
    """``agent_path_length`` → ``agent path length``."""
    return name.replace("_", " ")


def unit_beside(name: str, unit: str) -> str:
    """The unit of a measure, empty where its name says it already (``sky_tiles``, ``jumps``)."""
    return "" if readable(name).split()[-1:] == [unit] else unit
