"""What tests share: launching MPI programs from a plain pytest."""

from __future__ import annotations

import functools
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent

#: A process with one of these believes that it belongs to an MPI job that it is not part of.
_MPI_PREFIXES = ("OMPI_", "PMIX_", "PMI_", "PRTE_", "ORTE_", "HYDRA_", "HYDI_", "MPI_", "SLURM_")
#: Tests run on small machines, as root in containers; users' runs get none of this.
_MPI_SETTINGS = {
    "OMPI_ALLOW_RUN_AS_ROOT": "1",
    "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    "OMPI_MCA_rmaps_base_oversubscribe": "1",
    "OMPI_MCA_btl_base_warn_component_unused": "0",
    "PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe",
    "PRTE_ALLOW_RUN_AS_ROOT": "1",
    "PRTE_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
}


#: A user whom no list of users knows, by a user namespace, which needs no root; files are his own.
UNKNOWN_USER = ("unshare", "--user", "--map-user=54321", "--map-group=54321", "env")


def unprivileged() -> tuple[str, ...]:
    """What to put before a command for permissions to bind it, also where tests run as root."""
    if os.getuid() != 0:
        return ("env",)
    if subprocess.run([*UNKNOWN_USER, "true"], capture_output=True).returncode:
        pytest.skip("this machine allows no user namespaces")
    return UNKNOWN_USER


def clean_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process' environment without traces of an MPI launcher, one thread per process."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(_MPI_PREFIXES)
    }
    environment["OMP_NUM_THREADS"] = "1"
    environment["PYTHONPATH"] = os.pathsep.join(
        [str(REPOSITORY), *filter(None, [environment.get("PYTHONPATH")])]
    )
    return environment | dict(extra or {})


def python(
    *args: str | Path,
    timeout: float = 60,
    env: Mapping[str, str] | None = None,
    cwd: Path = REPOSITORY,
    before: Sequence[str] = (),
) -> subprocess.CompletedProcess[str]:
    """Runs ``python ARGS`` outside of any MPI job, with a command ``before`` that starts it."""
    command = [*before, sys.executable, *map(str, args)]
    return _run(command, clean_environment(env), timeout, cwd)


def mpirun(
    ranks: int,
    *args: str | Path,
    timeout: float = 120,
    env: Mapping[str, str] | None = None,
    cwd: Path = REPOSITORY,
) -> subprocess.CompletedProcess[str]:
    """Runs ``mpirun -n RANKS python ARGS`` in a session of its own, all of which ends in time.

    Args:
        ranks: Number of processes; more than cores is fine.
        args: Arguments of the Python interpreter.
        timeout: Seconds after which every process of the job is killed.
        env: Further environment variables.
        cwd: Working folder.

    Returns:
        The finished process, with what all ranks wrote as text.

    Raises:
        AssertionError: The job did not end in time; carries what it wrote.
    """
    launcher = mpirun_command()
    assert launcher is not None, "no mpirun: `make setup` installs it"
    command = [*launcher, "-n", str(ranks), sys.executable, *map(str, args)]
    return _run(command, clean_environment(_MPI_SETTINGS | dict(env or {})), timeout, cwd)


@functools.cache
def mpirun_command() -> tuple[str, ...] | None:
    """mpirun with the options of its make, the one beside this interpreter first."""
    beside = Path(sys.executable).parent / "mpirun"
    path = str(beside) if beside.exists() else shutil.which("mpirun")
    if path is None:
        return None
    # Open MPI would pin up to two ranks to a core each; MPICH pins nothing by itself.
    return (path, "--bind-to", "none") if "open" in _version(path).lower() else (path,)


def mpirun_version() -> str:
    """What mpirun says of itself; empty if there is none."""
    command = mpirun_command()
    return "" if command is None else _version(command[0])


def _version(mpirun: str) -> str:
    return subprocess.run(
        [mpirun, "--version"], capture_output=True, text=True, env=clean_environment(), timeout=30
    ).stdout


def _run(
    command: list[str], environment: dict[str, str], timeout: float, cwd: Path
) -> subprocess.CompletedProcess[str]:
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        stdout, stderr = process.communicate(timeout=timeout)
    except BaseException as error:
        stdout, stderr = _end(process)
        if not isinstance(error, subprocess.TimeoutExpired):
            raise
        raise AssertionError(
            f"no end after {timeout:g} s: {' '.join(command)}\n--- stdout\n{stdout[-4000:]}\n"
            f"--- stderr\n{stderr[-4000:]}"
        ) from None
    return subprocess.CompletedProcess(command, process.returncode, stdout, stderr)


def _end(process: subprocess.Popen[str]) -> tuple[str, str]:
    """Asks the launcher to end its job, then kills whatever is left of its session."""
    process.terminate()
    try:
        return process.communicate(timeout=5)
    except subprocess.TimeoutExpired:
        for pid in _session_members(process.pid):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        return process.communicate()


def _session_members(session: int) -> list[int]:
    """Processes of a session (ranks have process groups of their own), the leader included."""
    members = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and os.getsid(int(entry.name)) == session:
                members.append(int(entry.name))
        except ProcessLookupError:
            continue
    return members or [session]
