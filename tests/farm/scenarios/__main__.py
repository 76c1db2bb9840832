"""Programs for tests/farm/test_manager.py, on several ranks: ``-m tests.farm.scenarios NAME OUT``.

Rank 0 writes what came out to the NumPy archive OUT or prints it.
"""

from __future__ import annotations

import os
import sys

from dsage_mpi.farm import open_world
from tests.farm.scenarios import computing, dispatch, endings, losses


def main() -> None:
    """Runs the scenario that the command line names."""
    name, out = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else os.devnull
    (scenario,) = (vars(m)[name] for m in (computing, dispatch, endings, losses) if name in vars(m))
    scenario(open_world(), out)


if __name__ == "__main__":
    main()
