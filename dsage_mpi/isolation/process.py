"""A child process as its parent sees it: start, messages with a deadline, end, last output."""

from __future__ import annotations

import contextlib
import logging
import os
import select
import signal
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable, Mapping
from typing import IO

from dsage_mpi.isolation.factory import Factory
from dsage_mpi.isolation.frames import Frame, FrameBuffer, GarbageError, Kind, pack
from dsage_mpi.isolation.stderr_tail import StderrTail
from dsage_mpi.isolation.timeout import Timeout, cpu_seconds

logger = logging.getLogger(__name__)

#: A process with one of these would take itself for a rank of the parent's MPI job.
_MPI_PREFIXES = ("OMPI_", "PMIX_", "PMI_", "PRTE_", "ORTE_", "HYDRA_", "HYDI_", "SLURM_")
_READ_BYTES = 2**16
#: More than the kernel keeps in a pipe.
_DRAIN_READS = 16
#: How long a child that closed its pipe, or that was killed, may take to disappear.
_GONE_SECONDS = 5.0


class ChildError(Exception):
    """The child is of no use any more: dead, hung, or talking nonsense. Says how, on one line."""


class Child:
    """One child process, from its start to its end.

    Args:
        factory: Builds the simulator in the child.
    """

    def __init__(self, factory: Factory) -> None:
        _let_children_be_waited_for()
        # Never fork(): MPI libraries break. Python starts this with vfork() and exec(). A session
        # of its own keeps the terminal's Ctrl-C away and makes its own children easy to find.
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "dsage_mpi.isolation.child", str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            env=child_environment(os.environ),
            start_new_session=True,
        )
        # Also when the interpreter exits or this object is forgotten.
        self._finalizer = weakref.finalize(self, _end, self._process)
        self._stdin, self._stdout, self._stderr = map(_without_blocking, _pipes(self._process))
        self._poll = select.poll()
        self._poll.register(self._stdout, select.POLLIN)
        self._poll.register(self._stderr, select.POLLIN)
        self._outgoing = memoryview(b"")
        self._writing = False  # whether the poll looks for room in the pipe
        self._incoming = FrameBuffer()
        self._tail = StderrTail()
        self.send(pack(Kind.BUILD, factory.packed()))

    @property
    def pid(self) -> int:
        """Process number."""
        return self._process.pid

    @property
    def is_gone(self) -> bool:
        """Whether the process has died."""
        return self._exit() is not None

    def send(self, frames: bytes) -> None:
        """Queues frames; they leave while ``receive`` waits, so that no side blocks the other."""
        self._outgoing = memoryview(bytes(self._outgoing) + frames)
        self._write()

    def receive(self, seconds: float, on_wait: Callable[[], None] = lambda: None) -> Frame:
        """Waits for the next frame.

        Args:
            seconds: How long, if the child gets its share of the machine (``timeout.py``).
            on_wait: Called every ``SLICE_SECONDS`` or more often; what it raises ends the waiting.

        Raises:
            ChildError: No frame in time, the child died, or it sent something else.
        """
        timeout = Timeout(seconds, lambda: cpu_seconds(self.pid), time.monotonic())
        try:
            frame = self._incoming.next()
            while frame is None:
                self._handle(self._poll.poll(timeout.slice * 1e3))
                frame = self._incoming.next()
                if frame is None:
                    on_wait()
                    if timeout.is_over(time.monotonic()):
                        raise ChildError(f"no answer within {seconds:g} s (hung)")
        except GarbageError as error:
            raise ChildError(f"its answer was garbage: {error}") from None
        return frame

    def stderr_tail(self) -> str:
        """The end of what it wrote to stderr, without what differs from process to process."""
        self._drain()
        return self._tail.text()

    def end(self) -> None:
        """Ends the process and all that it started; may be called again."""
        if self._finalizer.alive:
            self._drain()
            self._finalizer()

    def _handle(self, events: list[tuple[int, int]]) -> None:
        for descriptor, _ in events:
            if descriptor == self._stdin:
                self._write()
            elif descriptor == self._stderr:
                self._listen()
            elif not self._read():
                raise ChildError(self._how_it_died())

    def _write(self) -> None:
        try:
            while self._outgoing:
                self._outgoing = self._outgoing[os.write(self._stdin, self._outgoing) :]
        except BlockingIOError:
            self._poll.register(self._stdin, select.POLLOUT)
            self._writing = True
            return
        except BrokenPipeError:
            self._outgoing = memoryview(b"")  # the other pipe tells how it died
        if self._writing:
            self._poll.unregister(self._stdin)
            self._writing = False

    def _read(self) -> bool:
        piece = os.read(self._stdout, _READ_BYTES)
        self._incoming.add(piece)
        return bool(piece)

    def _listen(self) -> bool:
        """Takes in a piece of stderr; False if there is none now, or never will be."""
        try:
            piece = os.read(self._stderr, _READ_BYTES)
        except BlockingIOError:
            return False
        if not piece:
            with contextlib.suppress(KeyError):
                self._poll.unregister(self._stderr)  # or it would wake us for ever
            return False
        if self._tail.add(piece):
            logger.debug("[child %d] %s", self.pid, piece.decode(errors="replace").rstrip())
        return True

    def _drain(self) -> None:
        """Takes in what stderr holds now: a child that still writes must not keep us here."""
        if self._finalizer.alive:
            for _ in range(_DRAIN_READS):
                if not self._listen():
                    return

    def _how_it_died(self) -> str:
        """Exit code or signal of a child that closed its pipe."""
        deadline = time.monotonic() + _GONE_SECONDS
        while (gone := self._exit()) is None:
            if time.monotonic() > deadline:
                return "it closed its pipe"
            time.sleep(1e-3)
        if gone.si_code == os.CLD_EXITED:
            return f"it ended with exit code {gone.si_status}"
        return f"it was killed by {_signal_name(gone.si_status)}"

    def _exit(self) -> os.waitid_result | None:
        """How the process ended, None if it runs; leaves it to be waited for."""
        return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)


def child_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment of a child: this one without MPI, one thread, the same module path.

    And a locale that every machine has, where names of files may hold any letter. Java cannot
    open a file whose name the locale has no letters for, and what simulators say of failures
    should not be in the words of the machine.
    """
    kept = {name: text for name, text in environ.items() if not name.startswith(_MPI_PREFIXES)}
    path = os.pathsep.join(entry or os.getcwd() for entry in sys.path)
    fixed = {"OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1", "LC_ALL": "C.UTF-8"}
    return kept | fixed | {"PYTHONPATH": path}


def _let_children_be_waited_for() -> None:
    """Undoes ``trap '' CHLD`` of whoever started this program, which programs inherit.

    Children would vanish when they die: nobody could say how, and their number be another's.
    """
    ignored = signal.getsignal(signal.SIGCHLD) == signal.SIG_IGN
    if ignored and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _pipes(process: subprocess.Popen[bytes]) -> list[IO[bytes]]:
    return [pipe for pipe in (process.stdin, process.stdout, process.stderr) if pipe is not None]


def _without_blocking(pipe: IO[bytes]) -> int:
    os.set_blocking(pipe.fileno(), False)
    return pipe.fileno()


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kills a child with all its children and frees what belongs to it."""
    # Not waited for yet, even if it is dead: its number, and its group's, cannot be another's.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    for pipe in _pipes(process):
        with contextlib.suppress(OSError):
            pipe.close()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(_GONE_SECONDS)
