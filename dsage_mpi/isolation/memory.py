"""How much memory a child process may have, seen from within it."""

from __future__ import annotations

import contextlib
import re
import resource
from pathlib import Path

#: A child that holds more than this share of its limit after a task is replaced: it leaks.
_REPLACED_SHARE = 0.75


class MemoryLimit:
    """Limits this process's memory, and says when it holds so much that it should be replaced.

    An allocation beyond the limit fails (in Python with ``MemoryError``). Code and files that are
    mapped do not count.

    Args:
        bytes_: The limit; None for no limit.
    """

    def __init__(self, bytes_: int | None) -> None:
        self._bytes = bytes_
        if bytes_ is not None:
            with contextlib.suppress(ValueError, OSError):  # a lower limit of the machine's holds
                resource.setrlimit(resource.RLIMIT_DATA, (bytes_, bytes_))

    def is_near(self) -> bool:
        """Whether little is left, as after many tasks of a simulator that leaks."""
        held = None if self._bytes is None else _data_bytes()
        return held is not None and held > _REPLACED_SHARE * (self._bytes or 0)


def _data_bytes() -> int | None:
    """Memory that counts towards the limit; None where the system does not tell (Linux does)."""
    with contextlib.suppress(OSError):
        if found := re.search(r"^VmData:\s+(\d+) kB", Path("/proc/self/status").read_text(), re.M):
            return 1024 * int(found[1])
    return None
