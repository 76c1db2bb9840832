"""A real Slurm on this machine for the tests of this folder."""

from __future__ import annotations

import getpass
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from dsage_mpi.farm.launch import detect_launch
from tests.support import REPOSITORY, clean_environment

HERE = Path(__file__).parent
NODES, CPUS = 2, 7
#: A requeued job that starts within the second of its requeueing is killed: "credential revoked".
_CREDENTIAL_SECONDS = 3
#: Open MPI refuses root unless told otherwise.
_ROOT = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}


class Cluster:
    """A running Slurm; every command belongs to it alone."""

    def __init__(self, folder: Path) -> None:
        self.environment = clean_environment(
            {"SLURM_CONF": str(folder / "slurm.conf"), "USER": getpass.getuser(), **_ROOT}
        )

    def run(
        self,
        *command: str | Path,
        env: Mapping[str, str] | None = None,
        cwd: Path = REPOSITORY,
    ) -> str:
        """What a Slurm command prints."""
        done = subprocess.run(
            list(map(str, command)),
            cwd=cwd,
            env=self.environment | dict(env or {}),
            capture_output=True,
            text=True,
            timeout=30,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stdout.strip()

    def submit(
        self,
        *arguments: str | Path,
        env: Mapping[str, str] | None = None,
        cwd: Path = REPOSITORY,
    ) -> str:
        """The new job's number."""
        return self.run("sbatch", "--parsable", *arguments, env=env, cwd=cwd)

    def state(self, job: str) -> str:
        """E.g. PENDING, RUNNING, COMPLETED; of an array or a heterogeneous job the first one's."""
        record = self.run("scontrol", "show", "job", "-o", job).splitlines()[0]
        return record.split("JobState=")[1].split()[0]

    def wait(self, job: str, output: Path, seconds: float) -> str:
        """Waits for the job's end, sparing it the two minutes that Slurm holds a requeued one.

        A job that requeues itself has failed for a while: what its script says it ended with, in
        ``output``, tells.
        """
        deadline = time.monotonic() + seconds
        held_since = time.monotonic()
        while True:
            state = self.state(job)
            if state != "PENDING":
                held_since = time.monotonic()
            text = output.read_text() if output.exists() else ""
            if state in ("COMPLETED", "CANCELLED", "TIMEOUT"):
                return state
            if state == "FAILED" and re.search(r"ended with [12]\n", text):
                return state
            assert time.monotonic() < deadline, f"{job} is {state} after {seconds:g} s\n{text}"
            if time.monotonic() - held_since > _CREDENTIAL_SECONDS:
                update = ["scontrol", "update", f"JobId={job}", "StartTime=now"]
                subprocess.run(update, env=self.environment, capture_output=True, timeout=30)
            time.sleep(0.5)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """Slurm with two nodes; skips where its programs are missing."""
    if detect_launch(os.environ) is not None:
        pytest.skip("submits MPI jobs of its own: not from inside one")
    missing = [p for p in ("slurmctld", "slurmd", "sbatch", "srun") if shutil.which(p) is None]
    if missing:
        pytest.skip(f"no {', '.join(missing)} here: scripts/setup-tests.sh installs Slurm as root")
    if shutil.which("mpirun") is None:
        pytest.skip("no MPI of the system here that srun could start")
    # Slurm's sockets lie in there, whose paths must be short.
    folder = Path(tempfile.mkdtemp(prefix="slurm-", dir="/tmp"))
    found = Cluster(folder)
    try:
        subprocess.run(
            [HERE / "start.sh", folder, str(NODES), str(CPUS), str(_free_ports(NODES + 1))],
            check=True,
            timeout=60,
            env=found.environment,
        )
        yield found
    finally:
        subprocess.run([HERE / "stop.sh", folder], timeout=30, env=found.environment, check=False)
        shutil.rmtree(folder, ignore_errors=True)


def _free_ports(count: int) -> int:
    """The first of so many ports in a row that nobody listens on."""
    for first in range(21000, 29000, 100):
        try:
            for port in range(first, first + count):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        return first
    raise AssertionError("no free ports")
