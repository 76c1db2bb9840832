"""Running the scripts' shell functions: in a real bash that finds only what a test put there."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.support import REPOSITORY

SCRIPTS = REPOSITORY / "scripts"


def add_command(folder: Path, name: str, body: str) -> None:
    """Puts a shell script called ``name`` on the fake PATH."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


def bash(code: str, path: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Runs ``code`` with the script libraries loaded and nothing but ``path`` on PATH."""
    libraries = "\n".join(f". '{SCRIPTS}/lib/{name}.sh'" for name in ("steps", "python", "mpi"))
    libraries += f"\n. '{SCRIPTS}/lib/system.sh'\n. '{SCRIPTS}/lib/install.sh'\n"
    return subprocess.run(
        ["bash", "-c", f"set -euo pipefail\ncd '{REPOSITORY}'\n{libraries}{code}"],
        env={"PATH": str(path), "VENV": "/nowhere/.venv", "HOME": "/nowhere", **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def run_setup(project: Path, path: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Runs the whole set-up of ``project``."""
    return subprocess.run(
        ["bash", str(project / "scripts" / "setup.sh")],
        env={"PATH": str(path), "HOME": str(project), **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
