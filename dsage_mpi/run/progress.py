"""Progress of a run: a live bar on a terminal, one plain line per step otherwise."""

from __future__ import annotations

import contextlib
import logging
import math
import sys
import time
from collections.abc import Mapping
from typing import IO, Any

from dsage_mpi.core.printable import printable
from dsage_mpi.core.terminal import live_width
from dsage_mpi.run.live import LiveBars
from dsage_mpi.rundir.logging import FILE_ONLY

#: Plain output: seconds between the lines of two outer iterations; quicker ones are left out.
_ITERATION_INTERVAL = 1.0
#: Plain output: phases that were quicker than this (seconds) get no line of their own.
_PHASE_SECONDS = 2.0

logger = logging.getLogger(__name__)


class Progress:
    """Shows how far a run is. Use it as a context manager on every rank.

    Whatever goes wrong while showing (a lost terminal, a full pipe) silences the display and
    leaves the run alone. No thread is started: the display moves when :meth:`advance` is called.

    Args:
        enabled: False on every rank but 0: then nothing is ever shown.
        total: Evaluations that the whole run may use.
        stream: Where to show; the standard output of the moment if None.
    """

    def __init__(self, enabled: bool, total: int, stream: IO[str] | None = None) -> None:
        self._enabled = enabled
        self._total = total
        self._stream = sys.stdout if stream is None else stream
        self._live: LiveBars | None = None
        self._phase: _Phase | None = None
        self._last_iteration_line = -math.inf

    def __enter__(self) -> Progress:
        if self._enabled and (width := live_width(self._stream)) is not None:
            with self._guard_live():
                self._live = LiveBars(self._stream, width, self._total)
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the display and gives the terminal back as it was."""
        self._phase = None
        live, self._live = self._live, None
        if live is not None:
            with contextlib.suppress(Exception):
                live.close()

    def phase(self, name: str, total: int | None = None) -> None:
        """Begins a phase of an outer iteration ("train", "explore", "evaluate"), ending the last.

        Args:
            name: Shown to the user.
            total: Steps that will be advanced; None if nobody knows.
        """
        self._end_phase()
        self._phase = _Phase(name, total)
        if self._live is not None:
            with self._guard_live():
                self._live.phase(name, total)

    def advance(self, count: int = 1, note: str = "") -> None:
        """Reports ``count`` further steps of the phase; cheap enough to call for every one.

        Args:
            count: Steps done since the last call.
            note: A few words for the end of the bar, e.g. the current loss.
        """
        if self._phase is None:
            return
        self._phase.advance(count)
        if note:
            self._phase.note = note
        if self._live is not None:
            with self._guard_live():
                self._live.advance(count, note)

    def evaluations(self, done: int) -> None:
        """Sets the bar of the whole run to ``done`` evaluations."""
        if self._live is not None:
            with self._guard_live():
                self._live.evaluations(done)

    def message(self, text: str) -> None:
        """Shows one line of text, above the bars if there are any, and logs it to the file."""
        logger.info("%s", text, extra=FILE_ONLY)
        self._line(text)

    def iteration(self, row: Mapping[str, Any]) -> None:
        """Ends an outer iteration: shows and logs one line about it.

        Args:
            row: A row of the metrics (:mod:`dsage_mpi.rundir.metrics`).
        """
        self._end_phase()
        text = iteration_line(row, self._total)
        logger.info("%s", text, extra=FILE_ONLY)
        self.evaluations(int(row["evaluations"]))
        now = time.monotonic()
        final = int(row["evaluations"]) >= self._total
        due = now - self._last_iteration_line >= _ITERATION_INTERVAL
        if self._live is not None or final or due:
            self._last_iteration_line = now
            self._line(text)

    def _end_phase(self) -> None:
        phase, self._phase = self._phase, None
        if phase is None or self._live is not None:
            return
        if phase.seconds >= _PHASE_SECONDS:
            self._line(phase.line())

    def _line(self, text: str) -> None:
        if not self._enabled:
            return
        text = printable(text)
        if self._live is not None:
            with self._guard_live():
                self._live.line(text)
                return
        try:
            self._stream.write(text + "\n")
            self._stream.flush()
        except (OSError, ValueError):
            self._enabled = False  # nobody is there to read; the log file has it all

    @contextlib.contextmanager
    def _guard_live(self) -> Any:
        """Falls back to plain lines if the live display fails in any way."""
        try:
            yield
        except Exception as error:
            live, self._live = self._live, None
            if live is not None:
                with contextlib.suppress(Exception):
                    live.close()
            logger.debug("live progress display given up: %r", error)


class _Phase:
    """A phase that is going on."""

    def __init__(self, name: str, total: int | None) -> None:
        self.name = name
        self.total = total
        self.done = 0
        self.note = ""
        self._started = time.monotonic()
        self._ended: float | None = None

    def advance(self, count: int) -> None:
        """Counts steps; what comes after the last of them is no longer this phase."""
        self.done += count
        if self.done == self.total:
            self._ended = time.monotonic()

    @property
    def seconds(self) -> float:
        """Until the last step, or until now if that is still to come."""
        return (time.monotonic() if self._ended is None else self._ended) - self._started

    def line(self) -> str:
        """One line about the finished phase."""
        steps = f"{self.done}/{self.total}" if self.total is not None else str(self.done)
        counted = f" {steps}" if self.done or self.total else ""
        note = f", {self.note}" if self.note else ""
        return f"  {self.name}{counted} in {self.seconds:.1f} s{note}"


def iteration_line(row: Mapping[str, Any], total: int) -> str:
    """One line about an outer iteration, for instance for a log.

    Args:
        row: A row of the metrics.
        total: Evaluations that the whole run may use.
    """
    parts = [
        f"iteration {row['iteration']}",
        f"{row['evaluations']}/{total} evaluations",
        f"QD-score {row['qd_score']:.6g}",
        f"coverage {100 * row['coverage']:.2f} %",
        f"{row['archive_size']} elites",
    ]
    if row.get("failures"):
        parts.append(f"{row['failures']} failures")
    if row.get("total_s") is not None:
        parts.append(f"{row['total_s']:.1f} s")
    return " | ".join(parts)
