"""When a run has to be over: its own time limit, or the end of its Slurm job."""

from __future__ import annotations

import logging
import os
import re
import subprocess
import time
from collections.abc import Mapping
from datetime import datetime

_log = logging.getLogger("dsage_mpi.outer")

#: Part of the allotted time that ending may take, and the most of it in seconds: the chunks in
#: flight, letting the ranks go, leaving the program.
_SHARE, _MOST_SECONDS = 0.1, 30.0
#: A checkpoint may take so many times as long as the slowest so far: file systems have bad days.
_CHECKPOINTS = 3.0
_ASK_SECONDS = 20.0
#: Slurm kills a job within half a minute of its end: one that ended longer ago is not ours.
_PAST_SECONDS = 60.0


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


def slurm_seconds_left(environ: Mapping[str, str]) -> float | None:
    """Seconds until Slurm ends this job; None outside of Slurm or if Slurm does not say.

    Variables of a job that is over (in a tmux session that was started in it, say) are left out,
    with a warning.
    """
    job = environ.get("SLURM_JOB_ID")
    if job is None:
        return None
    end = environ.get("SLURM_JOB_END_TIME", "")
    known = re.fullmatch("[0-9]{1,15}", end) is not None and int(end) > 0  # 0: Slurm does not know
    left = float(end) - time.time() if known else _ask_slurm(environ, job)
    if left is None or left >= -_PAST_SECONDS:
        return left
    what = f"SLURM_JOB_END_TIME={end}" if known else f"SLURM_JOB_ID={job}"
    _log.warning(
        "%s is of a Slurm job that was over %.0f minutes ago, which this is not part of: ignored. "
        "Start from a shell without the SLURM_ variables of that job",
        what,
        -left / 60,
    )
    return None


def _ask_slurm(environ: Mapping[str, str], job: str) -> float | None:
    try:  # older than 23.02: Slurm has to be asked
        answer = subprocess.run(
            ["scontrol", "show", "job", "-o", _name(environ, job)],
            capture_output=True,
            text=True,
            timeout=_ASK_SECONDS,
            stdin=subprocess.DEVNULL,
        ).stdout
    except (OSError, subprocess.TimeoutExpired) as error:
        _log.warning("cannot ask Slurm when job %s ends (%s); see run.time_limit", job, error)
        return None
    return _end_time(answer)


def _name(environ: Mapping[str, str], job: str) -> str:
    """What stands for this job alone: the number of one task of an array is that of them all."""
    array, task = environ.get("SLURM_ARRAY_JOB_ID"), environ.get("SLURM_ARRAY_TASK_ID")
    return f"{array}_{task}" if array and task else job


def _end_time(answer: str) -> float | None:
    """Seconds to the end that ``scontrol show job`` names in local time."""
    match = re.search(r"\bEndTime=(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)", answer)
    return None if match is None else datetime.fromisoformat(match[1]).timestamp() - time.time()
