"""When a run has to be over: its own time limit, or the end of its Slurm job."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping

from dsage_mpi.core.slurm import slurm_seconds_left

#: Part of the allotted time that ending may take, and the most of it in seconds: the chunks in
#: flight, letting the ranks go, leaving the program.
_SHARE, _MOST_SECONDS = 0.1, 30.0
#: A checkpoint may take so many times as long as the slowest so far: file systems have bad days.
_CHECKPOINTS = 3.0


class Deadline:
    """Says when to begin to stop, so that the end is reached in time.

    Args:
        seconds: Time from now to the end; None if there is no limit.
        source: Who sets the limit, for messages.
    """

    def __init__(self, seconds: float | None = None, source: str = "") -> None:
        self.source = source
        self._end = None if seconds is None else time.monotonic() + seconds
        self._ending = 0.0 if seconds is None else min(_SHARE * seconds, _MOST_SECONDS)
        self._checkpoint = 0.0

    def checkpoint_took(self, seconds: float) -> None:
        """A checkpoint was written; the slowest one counts."""
        self._checkpoint = max(self._checkpoint, seconds)

    @property
    def reserve(self) -> float:
        """Seconds that are kept back for the end."""
        return self._ending + _CHECKPOINTS * self._checkpoint

    @property
    def seconds_left(self) -> float | None:
        """Seconds to the end, or None without a limit."""
        return None if self._end is None else self._end - time.monotonic()

    @property
    def near(self) -> bool:
        """Whether it is time to stop."""
        return self._end is not None and time.monotonic() >= self._end - self.reserve


def find_deadline(time_limit: float | None, environ: Mapping[str, str] | None = None) -> Deadline:
    """The nearer of the run's own limit and the end of the Slurm job that it runs in.

    Args:
        time_limit: ``run.time_limit`` in seconds, counted from now; None without one.
        environ: Environment variables; those of this process if None.
    """
    slurm = slurm_seconds_left(os.environ if environ is None else environ)
    limits = [
        (seconds, source)
        for seconds, source in ((time_limit, "run.time_limit"), (slurm, "the Slurm job's limit"))
        if seconds is not None
    ]
    return Deadline(*min(limits)) if limits else Deadline()
