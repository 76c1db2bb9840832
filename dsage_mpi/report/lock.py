"""One program at a time writes into a run directory.

The kernel's lock on a file decides: it ends with its process, however that ends. Where it does not
reach other machines (some network file systems), what the file says about its holder decides.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import platform
import time
from pathlib import Path
from types import TracebackType
from typing import Any

from dsage_mpi.report.run_directory import RunDirectory, RunDirectoryError
from dsage_mpi.report.status import ENDED, job_id, read_status

#: A run on another machine that has not written its status for so many seconds is dead.
_SILENCE_SECONDS = 60.0
_TRIES, _TRY_SECONDS = 5, 0.1
#: This very job, started again: its earlier start is about to die.
_TRIES_OF_SAME_JOB = 600
_HELD = (errno.EWOULDBLOCK, errno.EACCES, errno.EAGAIN)


class RunLock:
    """Holds a run directory until ``release`` or the end of the process.

    Args:
        directory: The run directory.

    Raises:
        RunDirectoryError: A running program holds it, or it cannot be written to.
    """

    def __init__(self, directory: RunDirectory) -> None:
        self._path = directory.lock
        try:
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        except OSError as error:
            raise RunDirectoryError(
                f"cannot write into {directory.path}: {error.strerror}. Choose another --run-dir, "
                "or copy the run to where you can write and --restart the copy."
            ) from error
        try:
            self._take(directory)
        except BaseException:
            os.close(self._file)
            raise

    def release(self) -> None:
        """Lets others have the run directory; may be called again."""
        if self._file >= 0:
            with contextlib.suppress(OSError):
                os.ftruncate(self._file, 0)
            os.close(self._file)
            self._file = -1

    def __enter__(self) -> RunLock:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()

    def _take(self, directory: RunDirectory) -> None:
        works = self._lock(directory)
        holder = read_holder(self._path)
        if _may_live(holder, directory, works):
            raise _refusal(directory, holder)
        mine = {
            "host": platform.node(),
            "pid": os.getpid(),
            "job_id": job_id(),
            "since": time.strftime("%Y-%m-%d %H:%M:%S"),
        }
        try:
            os.ftruncate(self._file, 0)
            os.pwrite(self._file, (json.dumps(mine) + "\n").encode(), 0)
        except OSError as error:
            raise RunDirectoryError(
                f"cannot write into {directory.path}: {error.strerror}. Make room, then try again."
            ) from error

    def _lock(self, directory: RunDirectory) -> bool:
        """Takes the kernel's lock; returns whether this file system has any."""
        mine = job_id()
        same_job = mine is not None and read_holder(self._path).get("job_id") == mine
        for tries_left in reversed(range(_TRIES_OF_SAME_JOB if same_job else _TRIES)):
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return True
            except OSError as error:
                if error.errno not in _HELD:
                    return False
                if tries_left == 0:
                    raise _refusal(directory, read_holder(self._path)) from error
            time.sleep(_TRY_SECONDS)  # it may be ``is_held`` in another program, which is quick
        raise AssertionError("unreachable")


def read_holder(path: Path) -> dict[str, Any]:
    """Who holds, or last held, the lock file; empty if nobody does."""
    try:
        holder = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return holder if isinstance(holder, dict) else {}


def is_held(directory: RunDirectory) -> bool:
    """Whether a program works in this run directory now, as far as can be seen from here."""
    holder = read_holder(directory.lock)
    if not holder:
        return False
    try:
        file = os.open(directory.lock, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return _may_live(holder, directory, False)
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno in _HELD or _may_live(holder, directory, False)
    finally:
        os.close(file)
    return _may_live(holder, directory, True)


def _may_live(holder: dict[str, Any], directory: RunDirectory, locks_work: bool) -> bool:
    """Whether the holder may be alive although the kernel's lock is free."""
    if not holder or (holder.get("job_id") is not None and holder["job_id"] == job_id()):
        return False  # let go in order; or this very job, which Slurm has started again
    if holder.get("host") == platform.node():
        return not locks_work and _exists(int(holder.get("pid", 0)))
    status = read_status(directory.status)
    if status.get("state") in ENDED:
        return False
    return bool(time.time() - status.get("updated", 0.0) < _SILENCE_SECONDS)


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # there, but somebody else's
        return True
    return True


def _refusal(directory: RunDirectory, holder: dict[str, Any]) -> RunDirectoryError:
    job = f", job {holder['job_id']}" if holder.get("job_id") else ""
    who = f"process {holder.get('pid', '?')} on {holder.get('host', '?')}{job}"
    return RunDirectoryError(
        f"{directory.path} belongs to a run that is running: {who}, since "
        f"{holder.get('since', '?')}. Wait for it, or stop it with `dsage_mpi cancel "
        f"{directory.path}`. If it is dead, try again in a minute, or remove {directory.lock}."
    )
