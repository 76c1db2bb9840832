"""``status.json``: how far a run is, for people and scripts that look from outside.

Rank 0 replaces it every few seconds; a reader sees the old one or the new one. It is no part of
any result, so that a disk that refuses is ignored.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import time
from pathlib import Path
from typing import Any

#: Seconds between two writings.
_INTERVAL = 2.0

#: What ``state`` can be. A run that does not say that it ended is running, or dead.
STARTING, RUNNING, STOPPED, DONE, FAILED = "starting", "running", "stopped", "done", "failed"
#: States in which no program works on the run any more.
ENDED = (STOPPED, DONE, FAILED)


class StatusFile:
    """Keeps ``status.json`` up to date.

    Args:
        path: The file.
        facts: What never changes during this start.
    """

    def __init__(self, path: Path, **facts: Any) -> None:
        self._path = path
        self._temporary = path.with_name(f".{path.name}.writing")
        self._facts: dict[str, Any] = {
            "state": STARTING,
            "host": platform.node(),
            "pid": os.getpid(),
            "job_id": job_id(),
            "started": time.time(),
            **facts,
        }
        self._next = 0.0
        self.write()

    def update(self, **facts: Any) -> None:
        """Takes in new facts; they are on disk within a few seconds."""
        self._facts.update(facts)
        if time.monotonic() >= self._next:
            self.write()

    def write(self, **facts: Any) -> None:
        """Takes in new facts and writes at once."""
        self._facts.update(facts)
        self._facts["updated"] = time.time()
        self._next = time.monotonic() + _INTERVAL
        # Not synced: after a power cut the run is not running anyway.
        with contextlib.suppress(OSError):
            self._temporary.write_text(json.dumps(self._facts, indent=1) + "\n", encoding="utf-8")
            os.replace(self._temporary, self._path)


def read_status(path: Path) -> dict[str, Any]:
    """The facts of a ``status.json``; empty if there is none or it cannot be read."""
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return facts if isinstance(facts, dict) else {}


def job_id() -> str | None:
    """Number of the batch job that this process is part of, for an array task ``ARRAY_TASK``."""
    array, task = os.environ.get("SLURM_ARRAY_JOB_ID"), os.environ.get("SLURM_ARRAY_TASK_ID")
    if array and task:
        return f"{array}_{task}"
    for name in ("SLURM_JOB_ID", "PBS_JOBID", "LSB_JOBID", "FLUX_JOB_ID"):
        if value := os.environ.get(name):
            return value
    return None
