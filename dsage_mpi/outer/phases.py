"""Phases of an outer iteration: how long each took, and its progress."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol


class ProgressDisplay(Protocol):
    """What shows progress to a person (see ``run.progress``)."""

    def phase(self, name: str, total: int | None = None) -> None:
        """A phase of ``total`` steps begins."""
        ...

    def advance(self, count: int = 1, note: str = "") -> None:
        """``count`` further steps of the current phase are done."""
        ...


class Phases:
    """Times named phases; ``with phases("train", epochs) as done: ... done(3)``.

    Every call of ``done`` is a safe point, a place where the run can be stopped.

    Args:
        display: Shows the progress.
        safe_point: Called there with the phase, steps done and steps in all; may raise.
    """

    def __init__(
        self,
        display: ProgressDisplay,
        safe_point: Callable[[str, int, int], None] = lambda name, done, total: None,
    ) -> None:
        self._display = display
        #: Called at every safe point; a run sets it once its recorders are there.
        self.on_safe_point = safe_point
        self._seconds: dict[str, float] = {}
        self._poll: Callable[[], None] = lambda: None

    @contextmanager
    def meanwhile(self, poll: Callable[[], None]) -> Iterator[None]:
        """Has ``poll`` called at every safe point, to keep other ranks at work."""
        self._poll = poll
        try:
            yield
        finally:
            self._poll = lambda: None

    @contextmanager
    def __call__(self, name: str, total: int) -> Iterator[Callable[[int], None]]:
        """Runs one phase; call the value with the number of steps done so far."""
        start = time.perf_counter()
        self._display.phase(name, total)
        self._poll()
        self.on_safe_point(name, 0, total)
        shown = 0

        def done(steps: int) -> None:
            nonlocal shown
            self._display.advance(steps - shown)
            shown = steps
            self._poll()
            self.on_safe_point(name, steps, total)

        try:
            yield done
        finally:
            seconds = time.perf_counter() - start
            self._seconds[name] = self._seconds.get(name, 0.0) + seconds

    def take(self) -> dict[str, float]:
        """Seconds per phase since the last call."""
        seconds, self._seconds = self._seconds, {}
        return seconds
