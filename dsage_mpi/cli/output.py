"""What commands print: made harmless, and noticed if it cannot be written.

It cannot be on a full disk, or where a reader has seen enough.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable
from typing import Any

from dsage_mpi.core import exit_codes
from dsage_mpi.core.printable import printable
from dsage_mpi.core.terminal import complain


class _Watched:
    """A stream for what a terminal shows (``printable``), that remembers why it failed.

    Args:
        stream: What is written to.

    Attributes:
        problem: The first error.
    """

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self.problem: OSError | None = None

    def write(self, text: str) -> Any:
        return self._do(lambda: self._stream.write(printable(text)))

    def flush(self) -> None:
        self._do(self._stream.flush)

    def _do(self, action: Callable[[], Any]) -> Any:
        try:
            return action()
        except OSError as error:
            self.problem = self.problem or error
            raise

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def printed(command: Callable[[], int], prints: bool) -> int:
    """Runs a command and sees to it that what it printed has left this process.

    Args:
        command: Returns its exit code, or raises ``SystemExit`` (help, wrong usage).
        prints: Whether it is for what it prints that the command is run.

    Returns:
        The exit code, for lost output one that no result has. Where the reader has seen enough
        (head, less), a printing command ends this process at once.
    """
    if sys.stdout is None:  # closed by whoever started this
        return command()
    watched = _Watched(sys.stdout)
    code = exit_codes.DONE
    try:
        # Others are left alone: a progress bar has its own ways with the stream.
        with contextlib.ExitStack() as streams:
            if prints:
                streams.enter_context(contextlib.redirect_stdout(watched))
                streams.enter_context(contextlib.redirect_stderr(_Watched(sys.stderr)))
            code = command()
    except SystemExit as stop:
        if not _is_lost(watched):
            raise
        code = stop.code if isinstance(stop.code, int) else exit_codes.DONE
    except OSError:
        if not prints or watched.problem is None:
            raise
    if not _is_lost(watched):
        return code
    assert watched.problem is not None
    if prints and isinstance(watched.problem, BrokenPipeError):
        os._exit(exit_codes.DONE)
    reason = watched.problem.strerror or watched.problem
    complain(f"cannot write to the standard output: {reason}")
    _discard_output()
    return exit_codes.NO_OUTPUT if prints else code


def _is_lost(watched: _Watched) -> bool:
    """Whether anything was, after writing what waits to be."""
    with contextlib.suppress(OSError):
        watched.flush()
    return watched.problem is not None


def _discard_output() -> None:
    """Or Python would try once more when it ends, and complain in words of its own."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
