"""The two live bars (whole run, current phase), drawn by rich without a thread."""

from __future__ import annotations

import time
from typing import IO

#: Seconds between two redraws.
_REDRAW = 0.1


class LiveBars:
    """Bars at the bottom of a terminal; lines and log output scroll above them.

    Args:
        stream: The terminal.
        width: Its columns.
        total: Evaluations that the whole run may use.
    """

    def __init__(self, stream: IO[str], width: int, total: int) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeElapsedColumn,
        )

        console = Console(file=stream, force_terminal=True, width=width, highlight=False)
        self._bars = Progress(
            TextColumn("{task.description:<9}"),
            BarColumn(bar_width=max(10, min(40, width - 50))),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[note]}", style="dim"),
            console=console,
            auto_refresh=False,
            transient=True,
            expand=False,
        )
        self._run = self._bars.add_task("run", total=total, note="")
        self._phase = self._bars.add_task("", total=None, note="", visible=False)
        self._drawn = 0.0
        self._bars.start()
        self._draw(now=True)

    def phase(self, name: str, total: int | None) -> None:
        """Restarts the lower bar for a new phase."""
        self._bars.remove_task(self._phase)  # a reset cannot make a known total unknown
        self._phase = self._bars.add_task(name, total=total, note="")
        self._draw(now=True)

    def advance(self, count: int, note: str) -> None:
        """Moves the lower bar."""
        if note:
            self._bars.update(self._phase, advance=count, note=note)
        else:
            self._bars.advance(self._phase, count)
        self._draw()

    def evaluations(self, done: int) -> None:
        """Sets the upper bar."""
        self._bars.update(self._run, completed=done)
        self._draw()

    def line(self, text: str) -> None:
        """Prints ``text`` above the bars."""
        self._bars.console.print(text, markup=False, soft_wrap=True)
        self._draw()

    def close(self) -> None:
        """Removes the bars and shows the cursor again."""
        self._bars.stop()

    def _draw(self, now: bool = False) -> None:
        """Redraws at most ten times a second, whatever the number of calls."""
        time_now = time.monotonic()
        if now or time_now - self._drawn >= _REDRAW:
            self._drawn = time_now
            self._bars.refresh()
