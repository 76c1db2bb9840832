"""Starts one run of a study as a program of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from dsage_mpi.study.folder import has_begun
from dsage_mpi.study.plan import PlannedRun

#: Open MPI's own protection, from which a run on one machine needs to be exempt.
_OPEN_MPI = {
    "OMPI_MCA_rmaps_base_oversubscribe": "1",
    "PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe",
}
_ROOT = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}


class LaunchProblem(Exception):  # noqa: N818 - what is wrong with this machine
    """No run can be started here as it was asked for; the message says why."""


def run_arguments(run: PlannedRun) -> list[str]:
    """Arguments of the command that begins or goes on with a run."""
    if has_begun(run.path):
        return ["--restart", str(run.path)]
    return [str(run.input), "--seed", str(run.seed), "--run-dir", str(run.path)]


def command(run: PlannedRun, ranks: int) -> list[str]:
    """The whole command line, with a launcher for two ranks or more.

    Raises:
        LaunchProblem: There is no launcher.
    """
    program = [sys.executable, "-m", "dsage_mpi", *run_arguments(run)]
    return program if ranks == 1 else [*_mpirun(), "-n", str(ranks), *program]


def environment(environ: Mapping[str, str], ranks: int) -> dict[str, str]:
    """Environment of a run; with ranks, what launchers need to start more of them than cores."""
    if ranks == 1:
        return dict(environ)
    root = _ROOT if os.getuid() == 0 else {}
    return {**_OPEN_MPI, **root, **environ}


def start(run: PlannedRun, ranks: int, output: Path) -> subprocess.Popen[bytes]:
    """Starts a run on the cores of the calling thread; what it prints goes into ``output``.

    Raises:
        LaunchProblem: It cannot be started.
    """
    words = command(run, ranks)
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        with output.open("ab") as file:
            return subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                env=environment(os.environ, ranks),
            )
    except OSError as error:
        raise LaunchProblem(f"cannot start {words[0]}: {error}") from error


def _mpirun() -> list[str]:
    beside = Path(sys.executable).parent / "mpirun"
    path = str(beside) if beside.exists() else shutil.which("mpirun")
    if path is None:
        raise LaunchProblem(
            "--ranks needs an mpirun, and there is none on PATH: load the module of your MPI, or "
            "leave --ranks out (one process per run; --jobs makes several runs at once)"
        )
    version = subprocess.run(
        [path, "--version"], capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False
    ).stdout
    # Open MPI would pin up to two ranks to a core each; MPICH pins nothing by itself.
    return [path, "--bind-to", "none"] if "open" in version.lower() else [path]
