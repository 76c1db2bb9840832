"""One process per evaluation: what it is given, what it may give, how it is ended."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from typing import IO, Any

#: Bytes that a process may write to one stream; more is no answer.
_MOST_BYTES = 1 << 24
#: Seconds between two looks at a process that goes on.
_LOOK_SECONDS = 0.2
#: Characters of standard error that a failure tells.
_TOLD = 2_000


class CommandFailedError(Exception):
    """An evaluation failed; the message says why, in the same words each time."""


def answer_of(
    command: Sequence[str],
    question: Mapping[str, Any],
    deadline_seconds: float,
    on_wait: Callable[[], None] = lambda: None,
) -> dict[str, Any]:
    """Runs ``command`` on one question and returns its answer.

    Args:
        command: Program and arguments.
        question: Becomes one JSON object on its standard input.
        deadline_seconds: It is killed after that, with all that it has started.
        on_wait: Called now and then while it runs; what this raises ends the process.

    Raises:
        CommandFailedError: It gave no JSON object, another exit code than 0, or ran for too long.
    """
    # Files rather than pipes: nobody has to read them at the same time.
    with contextlib.ExitStack() as stack:
        given, told, complaints = (stack.enter_context(tempfile.TemporaryFile()) for _ in range(3))
        given.write(json.dumps(question).encode())
        given.seek(0)
        try:
            process = subprocess.Popen(
                command, stdin=given, stdout=told, stderr=complaints, start_new_session=True
            )
        except OSError as error:
            raise CommandFailedError(f"cannot start {command[0]}: {error.strerror}") from error
        try:
            code = _wait(process, deadline_seconds, (told, complaints), on_wait)
        finally:
            _end(process)
        if code != 0:
            how = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
            raise CommandFailedError(f"{command[0]} {how}{_said(complaints)}")
        return _object(command[0], told, complaints)


def _wait(
    process: subprocess.Popen[bytes],
    deadline_seconds: float,
    streams: Sequence[IO[bytes]],
    on_wait: Callable[[], None],
) -> int:
    began = time.monotonic()
    while True:
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.wait(_LOOK_SECONDS)
        on_wait()
        if time.monotonic() - began > deadline_seconds:
            raise CommandFailedError(
                f"took longer than domain.deadline_seconds = {deadline_seconds:g}"
            )
        if any(os.fstat(stream.fileno()).st_size > _MOST_BYTES for stream in streams):
            raise CommandFailedError(f"wrote more than {_MOST_BYTES >> 20} MiB")


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kills the process and what it has started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _object(program: str, told: IO[bytes], complaints: IO[bytes]) -> dict[str, Any]:
    told.seek(0)
    text = told.read(_MOST_BYTES + 1).decode(errors="replace")
    try:
        answer = json.loads(text)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        shown = text.strip()[:200] or "nothing"
        raise CommandFailedError(
            f"{program} wrote no JSON object to its standard output, but: {shown}"
            + _said(complaints)
        )
    return answer


def _said(complaints: IO[bytes]) -> str:
    size = os.fstat(complaints.fileno()).st_size
    complaints.seek(max(0, size - _TOLD))
    text = complaints.read(_TOLD).decode(errors="replace").strip()
    return f"; it said:\n{text}" if text else ""
