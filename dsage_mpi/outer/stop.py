"""Requests to stop or to save a run: signals, files in its directory, the end of its time.

A request only leaves a note; the run looks at it at its *safe points* (between two training
batches, inner iterations, looks for results), where ``Requests.check`` raises ``StopRequested``.
What has been done since the last state that can be saved is then either in the journal or, being
deterministic, done again.
"""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from dsage_mpi.outer.deadline import Deadline

#: Files that a user (or ``dsage_mpi cancel``) makes in the run directory.
STOP_FILE = "STOP"
SAVE_FILE = "CHECKPOINT_NOW"
#: SIGUSR1 is what batch systems are asked to send before the end, SIGTERM what they and people
#: send to end a program, SIGINT is Ctrl-C, SIGHUP a lost terminal or ssh connection.
SIGNALS = (signal.SIGUSR1, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
#: Seconds between two looks for files.
_LOOK_SECONDS = 0.5


class StopRequested(Exception):  # noqa: N818 - nothing is wrong
    """The run is to stop here, resumable; the message says who wants it."""


class Requests:
    """What rank 0 has been asked for.

    Args:
        run_dir: Where the files are looked for.
        deadline: When the run has to be over.
        save: Writes a checkpoint of the last state that can be saved; for ``CHECKPOINT_NOW``.
    """

    def __init__(
        self, run_dir: Path, deadline: Deadline, save: Callable[[], object] = lambda: None
    ) -> None:
        self.deadline = deadline
        self.save = save
        self._stop_file = run_dir / STOP_FILE
        self._save_file = run_dir / SAVE_FILE
        self._signal = ""
        self._next_look = 0.0

    def check(self) -> None:
        """A safe point.

        Raises:
            StopRequested: Somebody asked for it, or the time is nearly over.
        """
        if self._signal:
            raise StopRequested(f"signal {self._signal}")
        if self.deadline.near:
            raise StopRequested(f"{self.deadline.source} is near")
        now = time.monotonic()
        if now < self._next_look:
            return
        self._next_look = now + _LOOK_SECONDS
        if _exists(self._stop_file):
            raise StopRequested(f"the file {self._stop_file}")
        if _exists(self._save_file):
            with contextlib.suppress(OSError):
                self._save_file.unlink()
            self.save()

    def listen(self) -> None:
        """Notes signals from now on; a second Ctrl-C is for at once."""
        _handle(self._note)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if number == signal.SIGINT and self._signal == "SIGINT":
            raise KeyboardInterrupt
        self._signal = signal.Signals(number).name


def forget_requests(run_dir: Path) -> None:
    """Removes the files that ended an earlier start of a run; call it once the run is ours."""
    for name in (STOP_FILE, SAVE_FILE):
        with contextlib.suppress(OSError):
            (run_dir / name).unlink()


def _exists(path: Path) -> bool:
    """Whether a file is there; a file system that cannot say now is asked again soon."""
    try:
        return path.exists()
    except OSError:
        return False


def ignore_stop_signals() -> None:
    """For all ranks but 0, as launchers signal every rank and rank 0 decides for all.

    And for rank 0 once the outcome is settled: dying on the last steps would belie it. Programs
    that are started later (simulators) ignore the signals too.
    """
    _handle(signal.SIG_IGN)


def _handle(handler: Callable[[int, FrameType | None], None] | signal.Handlers) -> None:
    if threading.current_thread() is threading.main_thread():
        for number in SIGNALS:
            # nohup has it ignored, and so it stays.
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, handler)
