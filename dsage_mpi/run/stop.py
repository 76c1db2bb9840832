"""Requests to stop or to save a run: signals, files in its directory, the end of its time.

A request only leaves a note; the run looks at it at its *safe points* (between two training
batches, inner iterations, looks for results), where ``Requests.check`` raises ``StopRequested``.
What has been done since the last state that can be saved is then either in the journal or, being
deterministic, done again.
"""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType

from dsage_mpi.run.time_limit import Deadline

#: Files that a user (or ``dsage_mpi cancel``) makes in the run directory.
STOP_FILE = "STOP"
SAVE_FILE = "CHECKPOINT_NOW"
#: SIGUSR1 is what batch systems are asked to send before the end, SIGTERM what they and people
#: send to end a program, SIGINT is Ctrl-C, SIGHUP a lost terminal or ssh connection.
SIGNALS = (signal.SIGUSR1, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
#: Seconds between two looks for files.
_LOOK_SECONDS = 0.5
_STUCK = (
    "cannot remove %s (%s): it has been heeded and is ignored from now on; touch it to ask again"
)

_log = logging.getLogger("dsage_mpi.outer")
#: Which file it is and when it was made or touched last: who asks again touches it.
Mark = tuple[int, int, int]


class StopRequested(Exception):  # noqa: N818 - nothing is wrong
    """The run is to stop here, resumable; the message says who wants it."""


class Requests:
    """What rank 0 has been asked for.

    Args:
        run_dir: Where the files are looked for.
        deadline: When the run has to be over.
        save: Writes a checkpoint of the last state that can be saved; for ``CHECKPOINT_NOW``.
        heeded: What ``forget_requests`` gave.
    """

    def __init__(
        self,
        run_dir: Path,
        deadline: Deadline,
        save: Callable[[], object] = lambda: None,
        heeded: Mapping[str, Mark] | None = None,
    ) -> None:
        self.deadline = deadline
        self.save = save
        self._stop_file = run_dir / STOP_FILE
        self._save_file = run_dir / SAVE_FILE
        self._heeded = {run_dir / name: mark for name, mark in (heeded or {}).items()}
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
        if self._is_new(self._stop_file):
            raise StopRequested(f"the file {self._stop_file}")
        if self._is_new(self._save_file):
            if (stuck := _remove(self._save_file)) is not None:
                self._heeded[self._save_file] = stuck
            self.save()

    def _is_new(self, path: Path) -> bool:
        """Whether a file asks for something that it has not got yet."""
        mark = _mark(path)
        return mark is not None and mark != self._heeded.get(path)

    def listen(self) -> None:
        """Notes signals from now on; a second Ctrl-C ends the program at once."""
        _handle(self._note)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if number == signal.SIGINT and self._signal == "SIGINT":
            raise KeyboardInterrupt
        self._signal = signal.Signals(number).name


def forget_requests(run_dir: Path) -> dict[str, Mark]:
    """Removes the files that ended an earlier start of a run; call it once the run is ours.

    Returns:
        Those that cannot be removed, for ``Requests``: they would end every start at once.
    """
    stuck = {name: _remove(run_dir / name) for name in (STOP_FILE, SAVE_FILE)}
    return {name: mark for name, mark in stuck.items() if mark is not None}


def _remove(path: Path) -> Mark | None:
    """Removes a file; what cannot be removed is said, and returned to be known again."""
    mark = _mark(path)
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        if mark is not None:
            _log.warning(_STUCK, path, error.strerror or error)
        return mark
    return None


def _mark(path: Path) -> Mark | None:
    """What is there, None if nothing is; a file system that cannot say now is asked again soon."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_mtime_ns


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
