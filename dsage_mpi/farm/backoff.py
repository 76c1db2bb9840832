"""Waiting for a message without burning a core.

MPI's own blocking calls spin at 100 % CPU, which on a shared node steals the time of the ranks
that simulate. Here a wait spins briefly (a message that is about to come costs no sleep), then
sleeps longer and longer.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable

_SPIN_SECONDS = 100e-6
_FIRST_SLEEP = 20e-6
_GROWTH = 1.5


def yield_core() -> None:
    """Lets another rank on this core run; returns within a microsecond if there is none.

    ``time.sleep(0)`` would take 80 µs at normal priority: the kernel's timer slack.
    """
    if hasattr(os, "sched_yield"):
        os.sched_yield()
    else:  # macOS
        time.sleep(0)


class Backoff:
    """Pauses that grow from nothing to ``max_seconds`` until ``reset``."""

    def __init__(self, max_seconds: float) -> None:
        self._max = max_seconds
        self._sleep = 0.0
        self._spin_until = 0.0

    def reset(self) -> None:
        """Something happened: the next pauses are short again."""
        self._sleep = 0.0

    def pause(self) -> None:
        """Waits a little longer than last time."""
        if self._sleep == 0.0:
            self._sleep = _FIRST_SLEEP
            self._spin_until = time.perf_counter() + _SPIN_SECONDS
        if time.perf_counter() < self._spin_until:
            yield_core()
            return
        time.sleep(self._sleep)
        self._sleep = min(self._max, self._sleep * _GROWTH)


def wait_until(
    ready: Callable[[], bool],
    max_seconds: float,
    limit: float | None = None,
    on_wait: Callable[[], None] = lambda: None,
) -> bool:
    """Polls ``ready`` with growing pauses of at most ``max_seconds``.

    Args:
        ready: Asked again and again; must be quick.
        max_seconds: Longest pause.
        limit: Give up after so many seconds; None waits for ever.
        on_wait: Called before each pause; what it raises ends the waiting.

    Returns:
        False if the time was up.
    """
    backoff = Backoff(max_seconds)
    deadline = None if limit is None else time.perf_counter() + limit
    while not ready():
        if deadline is not None and time.perf_counter() > deadline:
            return False
        on_wait()
        backoff.pause()
    return True
