"""Puts data, style and scripts into one HTML file."""

from __future__ import annotations

import base64
import hashlib
import html
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dsage_mpi.core.atomic_files import atomic_write
from dsage_mpi.report.page.content import Limits, run_content
from dsage_mpi.report.page.source import PageRun

_ASSETS = Path(__file__).parent / "assets"
#: In the order in which they need each other.
SCRIPTS = (
    "inflate",
    "dom",
    "data",
    "levels",
    "searched",
    "voronoi",
    "map",
    "charts",
    "sections",
    "contact",
    "detail",
    "main",
)
#: Steps of the scale of colours.
_COLOURS = 64


def write_page(
    path: Path, runs: Sequence[PageRun], limits: Limits | None = None, refresh: float = 0.0
) -> int:
    """Writes one HTML file about ``runs``, atomically; the same runs give the same bytes.

    Args:
        path: The file.
        runs: At least one.
        limits: How much it may take, all runs together.
        refresh: Seconds after which the page loads itself again; 0 for never.

    Returns:
        Its size in bytes.
    """
    limits = limits or Limits()
    share = Limits(limits.characters // len(runs), limits.paths)
    data = {
        "runs": [run_content(run, share) for run in runs],
        "colours": _colours(),
        "refresh": refresh,
    }
    title = runs[0].title if len(runs) == 1 else f"{len(runs)} runs"
    text = page_text(title, data).encode("utf-8")
    with atomic_write(path) as file:
        file.write(text)
    return len(text)


def page_text(title: str, data: dict[str, Any]) -> str:
    """The whole page; nothing in ``title`` or ``data`` can become markup or script."""
    script = '"use strict";\n' + "".join(
        (_ASSETS / f"{name}.js").read_text(encoding="utf-8") for name in SCRIPTS
    )
    style = (_ASSETS / "page.css").read_text(encoding="utf-8")
    parts = {
        "policy": _policy(script, style),
        "title": html.escape(title),
        "style": style,
        "script": script,
        "data": embedded(data),
    }
    text = (_ASSETS / "page.html").read_text(encoding="utf-8")
    pieces = []
    while text:
        before, _, rest = text.partition("{{")
        name, _, text = rest.partition("}}")
        pieces += [before, parts.get(name, "")]
    return "".join(pieces)


def embedded(data: dict[str, Any]) -> str:
    """JSON that may stand inside a script element: no ``<`` ends it, whatever a run says."""
    text = json.dumps(data, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _policy(script: str, style: str) -> str:
    """Only our own script and style run, and nothing is fetched from anywhere."""
    return (
        "default-src 'none'; img-src data:; "
        f"script-src 'sha256-{_digest(script)}'; style-src 'sha256-{_digest(style)}'"
    )


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")


def _colours() -> list[str]:
    import matplotlib
    from matplotlib.colors import to_hex

    colours = matplotlib.colormaps["viridis"].resampled(_COLOURS)
    return [to_hex(colours(k)) for k in range(_COLOURS)]
