"""``python -m dsage_mpi``: the command line (see ``dsage_mpi.cli``)."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command that ``argv`` (default: the process's arguments) names.

    Returns:
        The exit code.
    """
    from dsage_mpi.cli.entry import dispatch

    return dispatch(list(sys.argv[1:] if argv is None else argv))


if __name__ == "__main__":
    sys.exit(main())
