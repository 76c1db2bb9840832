"""The program as its users start it: a child process, with or without mpirun."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_MPI_PREFIXES = ("OMPI_", "PMIX_", "PMI_", "PRTE_", "ORTE_", "HYDRA_", "SLURM_")

Completed = subprocess.CompletedProcess[str]
Program = Callable[..., Completed]


def clean_environ() -> dict[str, str]:
    """This environment without a surrounding MPI job; MPI may oversubscribe and run as root."""
    environ = {k: v for k, v in os.environ.items() if not k.startswith(_MPI_PREFIXES)}
    return environ | {
        "OMPI_ALLOW_RUN_AS_ROOT": "1",
        "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
        "OMPI_MCA_rmaps_base_oversubscribe": "1",
        "OMPI_MCA_hwloc_base_binding_policy": "none",
        "OMPI_MCA_btl_vader_single_copy_mechanism": "none",
        "PRTE_ALLOW_RUN_AS_ROOT": "1",
        "PRTE_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
        "PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe",
        "PYTHONWARNINGS": "error",
    }


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """``program(*arguments, ranks=2)`` runs ``python -m dsage_mpi ...`` in an empty folder."""
    folder = tmp_path / "here"
    folder.mkdir()

    def run(*arguments: object, ranks: int | None = None) -> Completed:
        command = [sys.executable, "-m", "dsage_mpi", *map(str, arguments)]
        if ranks is not None:
            mpirun = shutil.which("mpirun")
            if mpirun is None:
                pytest.skip("no mpirun on PATH")
            command = [mpirun, "-n", str(ranks), *command]
        return subprocess.run(
            command,
            cwd=folder,
            env=clean_environ(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=200,
            check=False,
        )

    return run
