"""One program at a time writes into a run directory.

The kernel's lock on a file decides: it ends with its process, however that ends. Where there is
none or it does not reach other machines (some network file systems), what the file says about its
holder decides.
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
from typing import Any

from dsage_mpi.core.slurm import job_id
from dsage_mpi.core.wording import option
from dsage_mpi.core.write_errors import remedy
from dsage_mpi.rundir.json_files import read_facts
from dsage_mpi.rundir.run_directory import RunDirectory, RunDirectoryError
from dsage_mpi.rundir.status import ENDED, read_status

#: A run on another machine that has not written its status for so many seconds is dead.
_SILENCE_SECONDS = 60.0
_TRIES, _TRY_SECONDS = 5, 0.1
#: This very job, started again: its earlier start is about to die.
_TRIES_OF_SAME_JOB = 600
_HELD = (errno.EWOULDBLOCK, errno.EACCES, errno.EAGAIN)
#: Somebody else's symbolic link is not followed: what it points to would be overwritten.
_OPENING = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
_WEAK = (
    "the file system of %s has no locks (%s): that no other program works there can only be told "
    "from what its lock and status.json say; start no two at once"
)


class RunLock:
    """Holds a run directory until ``release`` or the end of the process.

    Args:
        directory: The run directory.

    Attributes:
        weakness: What to tell the user where the file system has no locks; empty if it has.

    Raises:
        RunDirectoryError: A running program holds it, or it cannot be written to.
    """

    def __init__(self, directory: RunDirectory) -> None:
        self._path = directory.lock
        self.weakness = ""
        try:
            self._file = os.open(self._path, _OPENING, 0o666)
        except OSError as error:
            link = error.errno == errno.ELOOP
            reason = f"{self._path.name} there is a symbolic link" if link else error.strerror
            raise RunDirectoryError(
                f"cannot write into {directory.path}: {reason}. Choose another "
                f"{option('run-dir')}, or copy the run to where you can write and continue that: "
                f"{option('restart', 'COPY')}"
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

    def __exit__(self, *exception: object) -> None:
        self.release()

    def _take(self, directory: RunDirectory) -> None:
        tries = self._tries()
        works = self._lock(directory, tries)
        while _may_live(holder := read_holder(self._path), directory, works):
            tries = 0 if works else tries - 1
            if tries <= 0:
                raise _refusal(directory, holder)
            time.sleep(_TRY_SECONDS)
        mine = self._sign(directory)
        if not works:  # of two that found it free, the one that signed last has it
            time.sleep(_TRY_SECONDS)
            holder = read_holder(self._path)
            if (holder.get("host"), holder.get("pid")) != (mine["host"], mine["pid"]):
                raise _refusal(directory, holder)

    def _sign(self, directory: RunDirectory) -> dict[str, Any]:
        """Says in the file who holds it; returns what it says."""
        mine = {
            "host": platform.node(),
            "pid": os.getpid(),
            "born": birth(os.getpid()),
            "job_id": job_id(os.environ),
            "since": time.strftime("%Y-%m-%d %H:%M:%S"),
        }
        try:
            os.ftruncate(self._file, 0)
            os.pwrite(self._file, (json.dumps(mine) + "\n").encode(), 0)
        except OSError as error:
            what = remedy(error).capitalize()
            raise RunDirectoryError(
                f"cannot write into {directory.path}: {error.strerror}. {what}, then try again."
            ) from error
        return mine

    def _tries(self) -> int:
        mine = job_id(os.environ)
        same_job = mine is not None and read_holder(self._path).get("job_id") == mine
        return _TRIES_OF_SAME_JOB if same_job else _TRIES

    def _lock(self, directory: RunDirectory, tries: int) -> bool:
        """Takes the kernel's lock; returns whether this file system has any."""
        for tries_left in reversed(range(tries)):
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return True
            except OSError as error:
                if error.errno not in _HELD:
                    self.weakness = _WEAK % (directory.path, error.strerror)
                    return False
                if tries_left == 0:
                    raise _refusal(directory, read_holder(self._path)) from error
            time.sleep(_TRY_SECONDS)  # it may be ``is_held`` in another program, which is quick
        raise AssertionError("unreachable")


def read_holder(path: Path) -> dict[str, Any]:
    """Who holds, or last held, the lock file; empty if nobody does."""
    try:
        return read_facts(path, numbers=("pid",))
    except OSError:
        return {}


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
    if not holder:
        return False  # let go in order
    if holder.get("host") == platform.node():
        return not locks_work and _lives(int(holder.get("pid", 0)), holder.get("born", ""))
    if holder.get("job_id") is not None and holder["job_id"] == job_id(os.environ):
        return False  # this very job, which Slurm has started again
    status = read_status(directory.status)
    if status.get("state") in ENDED:
        return False
    return bool(time.time() - status.get("updated", 0.0) < _SILENCE_SECONDS)


def _lives(pid: int, born: str) -> bool:
    """Whether a process of this host is there, and is not another one that got its number."""
    if pid <= 0:  # means others than one process
        return False
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:  # there, but somebody else's
        pass
    return not born or birth(pid) in (born, "")


def birth(pid: int) -> str:
    """When a process began, in the kernel's ticks; empty where that cannot be seen."""
    try:
        # pid (command name) state parent ...; the name may contain spaces and brackets
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return ""
    return fields[19].decode() if len(fields) > 19 else ""


def _refusal(directory: RunDirectory, holder: dict[str, Any]) -> RunDirectoryError:
    job = f", job {holder['job_id']}" if holder.get("job_id") else ""
    who = f"process {holder.get('pid', '?')} on {holder.get('host', '?')}{job}"
    return RunDirectoryError(
        f"{directory.path} belongs to a run that is running: {who}, since "
        f"{holder.get('since', '?')}. Wait for it, or stop it with `dsage_mpi cancel "
        f"{directory.path}`. If it is dead, try again in a minute, or remove {directory.lock}."
    )
