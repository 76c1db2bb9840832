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

from dsage_mpi.core.atomic_files import atomic_write
from dsage_mpi.core.slurm import job_id
from dsage_mpi.rundir.json_files import read_facts

#: Seconds between two writings.
_INTERVAL = 2.0

#: What ``state`` can be. A run that does not say that it ended is running, or dead.
STARTING, RUNNING, STOPPED, DONE, FAILED = "starting", "running", "stopped", "done", "failed"
#: States in which no program works on the run any more.
ENDED = (STOPPED, DONE, FAILED)

#: Facts that are numbers; all others are texts.
_NUMBERS = frozenset(
    {"started", "updated", "search_began", "checkpoint_time", "pid", "ranks", "seed"}
    | {"evaluations", "max_evaluations", "first_evaluation", "failures", "iteration"}
    | {"phase_done", "phase_total", "archive_size", "coverage", "qd_score"}
)


class StatusFile:
    """Keeps ``status.json`` up to date.

    Args:
        path: The file.
        facts: What never changes during this start.
    """

    def __init__(self, path: Path, **facts: Any) -> None:
        self._path = path
        self._facts: dict[str, Any] = {
            "state": STARTING,
            "host": platform.node(),
            "pid": os.getpid(),
            "job_id": job_id(os.environ),
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
        # Not durable: after a power cut the run is not running anyway.
        with (
            contextlib.suppress(OSError),
            atomic_write(self._path, "w", durable=False) as file,
        ):
            file.write(json.dumps(self._facts, indent=1) + "\n")


def load_status(path: Path) -> dict[str, Any]:
    """The facts of a ``status.json``, those of a wrong kind left out; empty if there is none.

    Raises:
        OSError: It cannot be read.
    """
    return read_facts(path, _NUMBERS)


def read_status(path: Path) -> dict[str, Any]:
    """The facts of a ``status.json``; empty if there is none or it cannot be read."""
    try:
        return load_status(path)
    except OSError:
        return {}
