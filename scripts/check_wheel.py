"""Checks that built wheels hold what an installation needs beside the Python modules.

    python scripts/check_wheel.py WHEEL...

Prints the size of each; exits with status 1 and a list when something is missing.
"""

from __future__ import annotations

import fnmatch
import sys
import zipfile
from pathlib import Path

# Patterns of paths inside the wheel, each with the reason why it must be there.
REQUIRED = {
    "dsage_mpi/__main__.py": "python -m dsage_mpi",
    "dsage_mpi/py.typed": "tells type checkers that the package is annotated",
    "dsage_mpi/domains/maze/_native*.so": "the compiled maze code",
    "dsage_mpi/search/_native*.so": "the compiled archive of the inner loop",
    "dsage_mpi/domains/maze/weights/*.npz": "the maze agent, without which no maze can be run",
    "dsage_mpi/domains/mario/weights/*.npz": "the level generator, without which there is no Mario",
    "dsage_mpi/report/page/assets/*.js": "the scripts of report's page",
    "dsage_mpi/report/page/assets/page.*": "its style and frame",
    "dsage_mpi/domains/mario/dsage_mario.jar": "the Mario engine; needs a JDK where it is built",
    "dsage_mpi/starter/inputs/maze_tiny.toml": "inputs for `dsage_mpi init`",
    "dsage_mpi/starter/jobs/dsage.slurm": "job scripts for `dsage_mpi init`",
    "dsage_mpi/run/job_templates/slurm.sh": "what `dsage_mpi job` writes",
    "dsage_mpi-*.dist-info/licenses/LICENSE": "the licence",
}


def missing_from(wheel: Path) -> list[str]:
    """Returns a line for each required file that the wheel lacks."""
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    return [
        f"{wheel.name} has no {pattern} ({reason})"
        for pattern, reason in REQUIRED.items()
        if not fnmatch.filter(names, pattern)
    ]


def main(wheels: list[Path]) -> int:
    """Checks every wheel and returns the exit status."""
    problems = []
    for wheel in wheels:
        problems += missing_from(wheel)
        print(f"{wheel}: {wheel.stat().st_size / 1e6:.1f} MB")
    print("\n".join(problems), end="\n" if problems else "", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main([Path(argument) for argument in sys.argv[1:]]))
