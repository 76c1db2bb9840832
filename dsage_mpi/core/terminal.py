"""The human at the terminal: whether one is behind a stream, also below ``mpirun``; errors."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from typing import IO, Any

from dsage_mpi.core.printable import printable

#: Any of these in the environment says that a launcher started this process.
_LAUNCHER_VARIABLES = ("OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_RANK", "SLURM_STEP_ID")


def complain(message: object) -> None:
    """Prints an error for the user to stderr, as far as that can be written."""
    with contextlib.suppress(OSError):
        print(f"dsage_mpi: {printable(str(message))}", file=sys.stderr, flush=True)


def live_width(stream: IO[Any]) -> int | None:
    """Columns of the terminal that shows ``stream``, or None if no terminal does.

    ``isatty`` is not enough: OpenMPI's ``mpirun`` gives every rank a pseudo-terminal (without a
    size) even when its own output goes to a file or a batch log. So there the output of the parent
    process, which is ``mpirun``, counts; where that cannot be seen (another node), or the parent is
    something else, the answer is None.
    """
    if os.environ.get("TERM") == "dumb" or not _is_terminal(stream):
        return None
    if any(name in os.environ for name in _LAUNCHER_VARIABLES):
        return _width_of_process(os.getppid()) or None
    return _width(stream.fileno()) or shutil.get_terminal_size().columns


def _is_terminal(stream: IO[Any]) -> bool:
    try:
        return stream.isatty()
    except (OSError, ValueError, AttributeError):
        return False


def _width(descriptor: int) -> int:
    """Columns of the terminal at ``descriptor``; 0 if it is none or does not say."""
    try:
        return os.get_terminal_size(descriptor).columns
    except OSError:
        return 0


def _width_of_process(process: int) -> int:
    """Columns of the terminal at the standard output of ``process``; 0 if it cannot be told."""
    try:
        descriptor = os.open(f"/proc/{process}/fd/1", os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK)
    except OSError:
        return 0
    try:
        return _width(descriptor)
    finally:
        os.close(descriptor)
