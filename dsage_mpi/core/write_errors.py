"""What to do about a file that could not be written: only a full disk is helped by making room."""

from __future__ import annotations

import errno

#: A full disk, a quota, a limit on the size of files.
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def lacks_room(error: BaseException | None) -> bool:
    """Whether an error, or what it was raised from, is that of a disk without room."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in _NO_ROOM:
            return True
        error = error.__cause__
    return False


def remedy(error: BaseException | None) -> str:
    """What the user is to do before trying again: ``make room`` or ``see to the cause``."""
    return "make room" if lacks_room(error) else "see to the cause"
