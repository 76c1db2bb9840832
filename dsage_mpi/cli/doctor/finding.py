"""One line of the doctor's report."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum


class Status(Enum):
    """How bad it is; the value is what is printed."""

    OK = "ok"
    NOTE = "note"  # absent or limited, and many runs do without
    MISSING = "MISSING"  # nothing works without


@dataclass(frozen=True)
class Finding:
    """What was found about one thing.

    Attributes:
        topic: What was looked at.
        status: How bad it is.
        text: What was found.
        remedy: How to get what is missing; empty when nothing is.
    """

    topic: str
    status: Status
    text: str
    remedy: str = ""


def ok(topic: str, text: str) -> Finding:
    """Everything is as it should be."""
    return Finding(topic, Status.OK, text)


def note(topic: str, text: str, remedy: str = "") -> Finding:
    """Not there or limited, but not needed by every run."""
    return Finding(topic, Status.NOTE, text, remedy)


def missing(topic: str, text: str, remedy: str) -> Finding:
    """Required and not there."""
    return Finding(topic, Status.MISSING, text, remedy)


def output_of(
    command: Sequence[str], seconds: float, environ: Mapping[str, str] | None = None
) -> tuple[int, str, str]:
    """(exit code, stdout, stderr) of a command; code -1 if it cannot start or takes too long."""
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds,
            env=dict(environ if environ is not None else os.environ),
            check=False,
        )
    except OSError as error:
        return -1, "", str(error)
    except subprocess.TimeoutExpired:
        return -1, "", f"no answer within {seconds:g} s"
    return done.returncode, done.stdout.strip(), done.stderr.strip()


def last_line(text: str) -> str:
    """The last line that is not empty: in a Python traceback, the error."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "no message"
