"""Is a process that does not answer hung, or does the machine give it no time?

Wall time alone would let the machine's load decide results: a task may wait long for its turn on
an overloaded node, or be suspended with its whole job. So the process' own CPU time counts.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

#: Longest time between two looks, in seconds.
SLICE_SECONDS = 0.5
#: The first look comes so late, as a look costs more than many an answer takes.
_FIRST_LOOK_SECONDS = 0.02
#: A process that uses less of a period is waiting for something that does not come.
_IDLE_SHARE = 0.01


class Timeout:
    """Decides when to give a process up.

    It is hung if it has used ``seconds`` of CPU time and of wall time, or if it was idle through a
    whole period of ``seconds``. Wall time during which this process did not run itself (the job
    was suspended) does not count.

    Args:
        seconds: Time that an answer may take.
        cpu_seconds: CPU time that the process has used in its life; None if that is unknown, and
            then wall time decides alone.
        now: Reading of the clock.
    """

    def __init__(self, seconds: float, cpu_seconds: Callable[[], float | None], now: float) -> None:
        self._seconds = seconds
        self._cpu_seconds = cpu_seconds
        self._longest_slice = min(SLICE_SECONDS, max(1e-3, seconds / 10))
        #: ``is_over`` is to be asked after so many seconds, or sooner; changes.
        self.slice = min(_FIRST_LOOK_SECONDS, self._longest_slice)
        self._last = now
        self._waited = 0.0
        self._next_look = self.slice
        self._used_at_first = -1.0
        self._period_began = 0.0
        self._used_before_period = 0.0

    def is_over(self, now: float) -> bool:
        """Whether the process is hung, as far as can be told at clock reading ``now``."""
        # Nobody wakes much later than asked, unless stopped.
        self._waited += min(now - self._last, 2 * self.slice)
        self._last = now
        if self._waited < self._next_look:
            return False
        self.slice = self._longest_slice
        used = self._cpu_seconds()
        if used is None:
            self._next_look = self._seconds
            return self._waited >= self._seconds
        if self._used_at_first < 0:
            self._used_at_first = used
            self._begin_period(used)
            self._next_look = self._seconds
            return False
        self._next_look = self._waited + self.slice
        return used - self._used_at_first >= self._seconds or self._was_idle(used)

    def _was_idle(self, used: float) -> bool:
        """Judges a period that is over, and begins the next one."""
        if self._waited < self._period_began + self._seconds:
            return False
        wall = self._waited - self._period_began
        idle = used - self._used_before_period < _IDLE_SHARE * wall
        self._begin_period(used)
        return idle

    def _begin_period(self, used: float) -> None:
        self._period_began, self._used_before_period = self._waited, used


def cpu_seconds(pid: int) -> float | None:
    """CPU time that all threads of a process have used (Linux); None if that cannot be told."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(errors="replace")
        # The second field, the program's name in brackets, may hold anything.
        fields = text.rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError):
        return None
