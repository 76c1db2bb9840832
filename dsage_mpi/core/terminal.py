"""The human at the terminal: whether one is behind a stream, also below ``mpirun``; errors."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from pathlib import Path
from typing import IO, Any

from dsage_mpi.core.printable import printable

#: Programs that start ranks and pass on what they print.
_LAUNCHERS = frozenset(
    {"mpirun", "mpiexec", "orterun", "orted", "prterun", "prte", "prted", "mpiexec.hydra"}
    | {"hydra_pmi_proxy", "slurmstepd", "srun"}
)
#: Any of these in the environment says that a launcher started this process.
_LAUNCHER_VARIABLES = ("OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_RANK", "SLURM_STEP_ID")


def complain(message: object) -> None:
    """Prints an error for the user to stderr, as far as that can be written."""
    with contextlib.suppress(OSError):
        print(f"dsage_mpi: {printable(str(message))}", file=sys.stderr, flush=True)


def live_width(stream: IO[Any]) -> int | None:
    """Columns of the terminal that shows ``stream``, or None if no terminal does.

    ``isatty`` is not enough: OpenMPI's ``mpirun`` gives every rank a pseudo-terminal (without a
    size) even when its own output goes to a file or a batch log. So the launcher's own output
    is looked at as well; where that cannot be seen (another node), the answer is None.
    """
    if os.environ.get("TERM") == "dumb" or not _is_terminal(stream):
        return None
    width = _width(stream.fileno())
    if any(name in os.environ for name in _LAUNCHER_VARIABLES):
        launcher = _launcher_of(os.getpid())
        if launcher is None:
            return None
        shown = _terminal_of(launcher)
        if shown is None:
            return None
        width = shown or width
    return width or shutil.get_terminal_size().columns


def _is_terminal(stream: IO[Any]) -> bool:
    try:
        return stream.isatty()
    except (OSError, ValueError, AttributeError):
        return False


def _width(descriptor: int) -> int:
    """Columns of the terminal at ``descriptor``; 0 if it does not say."""
    try:
        return os.get_terminal_size(descriptor).columns
    except OSError:
        return 0


def _terminal_of(process: int) -> int | None:
    """Columns of the terminal at the standard output of ``process`` (0: unknown), else None."""
    try:
        descriptor = os.open(f"/proc/{process}/fd/1", os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        return _width(descriptor) if os.isatty(descriptor) else None
    finally:
        os.close(descriptor)


def _launcher_of(process: int) -> int | None:
    """The nearest ancestor of ``process`` that is an MPI launcher, or None."""
    while process > 1:
        try:
            # pid (command name) state parent ...; the name may contain spaces and brackets
            status = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return None
        name = status[status.index("(") + 1 : status.rindex(")")]
        if name in _LAUNCHERS:
            return process
        process = int(status[status.rindex(")") + 2 :].split()[1])
    return None
