"""Several hosts on one machine: network namespaces, each with a cable to one switch."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.support import REPOSITORY, clean_environment, mpirun_command

HERE = Path(__file__).parent
#: In /proc/self/status, CapEff: what it takes to make networks, and to name hosts and mount.
_NET_ADMIN, _SYS_ADMIN = 12, 21
#: Open MPI as root, over TCP alone, through our networks alone.
_SETTINGS = {
    "OMPI_ALLOW_RUN_AS_ROOT": "1",
    "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    "OMPI_MCA_plm_rsh_agent": str(HERE / "on.sh"),
    "OMPI_MCA_pml": "ob1",
    "OMPI_MCA_btl": "tcp,self",
    "OMPI_MCA_btl_tcp_if_include": "eth0",
    "OMPI_MCA_oob_tcp_if_include": "eth0",
}


def may_make_networks() -> bool:
    """Whether this process has the kernel's permission."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    rights = next((int(line.split()[1], 16) for line in lines if line.startswith("CapEff:")), 0)
    return bool(rights >> _NET_ADMIN & 1 and rights >> _SYS_ADMIN & 1)


@dataclass(frozen=True)
class Job:
    """A started MPI job and the files that take what it writes."""

    process: subprocess.Popen[bytes]
    stdout: Path
    stderr: Path

    def wait(self, seconds: float) -> subprocess.CompletedProcess[str]:
        """The finished job; fails if it does not end by itself."""
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"no end after {seconds:g} s\n{self.written()}") from None
        texts = self.stdout.read_text(), self.stderr.read_text()
        return subprocess.CompletedProcess([], self.process.returncode, *texts)

    def wait_until(self, ready: Callable[[], bool], seconds: float = 60) -> None:
        """Waits, while the job runs, for something that it does."""
        deadline = time.monotonic() + seconds
        while not ready():
            assert self.process.poll() is None, f"ended too early\n{self.written()}"
            assert time.monotonic() < deadline, self.written()
            time.sleep(0.05)

    def written(self) -> str:
        """The end of what it wrote."""
        return f"{self.stdout.read_text()[-4000:]}\n---\n{self.stderr.read_text()[-4000:]}"


class Hosts:
    """Hosts a, b, c, ...; nothing of the machine's own network is touched.

    Args:
        names: One letter each.
        folder: For files.
    """

    def __init__(self, names: Sequence[str], folder: Path) -> None:
        self._prefix = f"dsage{os.getpid()}"
        self._names = list(names)
        self._folder = folder
        self._jobs = 0
        try:
            self._build()
        except BaseException:
            self.close()
            raise

    def start(
        self, hosts: Sequence[str], *args: str | Path, env: Mapping[str, str] | None = None
    ) -> Job:
        """Starts ``mpirun python ARGS`` on the first of ``hosts``, with one rank on each."""
        self._jobs += 1
        file = self._folder / f"hosts-{self._jobs}"
        file.write_text("".join(f"{host} slots=1\n" for host in hosts))
        launcher = [*(mpirun_command() or ()), "-n", str(len(hosts)), "--hostfile", str(file)]
        command = [*launcher, sys.executable, *map(str, args)]
        settings = {"DSAGE_TEST_HOSTS": self._prefix, **_SETTINGS, **(env or {})}
        stdout, stderr = (self._folder / f"{s}-{self._jobs}" for s in ("stdout", "stderr"))
        with stdout.open("wb") as out, stderr.open("wb") as err:
            process = subprocess.Popen(
                [HERE / "on.sh", hosts[0], shlex.join(command)],
                cwd=REPOSITORY,
                env=clean_environment(settings),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )
        return Job(process, stdout, stderr)

    def received(self, host: str) -> int:
        """Bytes that came through a host's cable so far."""
        counter = "/sys/class/net/eth0/statistics/rx_bytes"
        return int(_ip("netns", "exec", f"{self._prefix}-{host}", "cat", counter))

    def send(self, host: str, number: signal.Signals) -> None:
        """Sends a signal to all processes of a host, and to those that they start meanwhile."""
        found: set[int] = set()
        while new := set(self.processes(host)) - found:
            for pid in new:
                with suppress(ProcessLookupError):
                    os.kill(pid, number)
            found |= new

    def processes(self, host: str) -> list[int]:
        """The numbers of all processes of a host."""
        return [int(pid) for pid in _ip("netns", "pids", f"{self._prefix}-{host}").split()]

    def cut(self, host: str) -> None:
        """Pulls a host's cable: it falls silent, no connection is closed."""
        _ip("-n", f"{self._prefix}-switch", "link", "set", "dev", f"to-{host}", "down")

    def close(self) -> None:
        """Ends all processes of the hosts and removes the hosts."""
        there = _ip("netns", "list").split()
        for name in (*self._names, "switch"):
            if f"{self._prefix}-{name}" in there:
                self.send(name, signal.SIGKILL)
                _ip("netns", "delete", f"{self._prefix}-{name}")

    def _build(self) -> None:
        switch = f"{self._prefix}-switch"
        _ip("netns", "add", switch)
        _ip("-n", switch, "link", "add", "name", "switch0", "type", "bridge")
        _ip("-n", switch, "link", "set", "dev", "switch0", "up")
        for number, name in enumerate(self._names, start=1):
            host, port = f"{self._prefix}-{name}", f"to-{name}"
            _ip("netns", "add", host)
            cable = ("type", "veth", "peer", "name", "eth0", "netns", host)
            _ip("-n", switch, "link", "add", "name", port, *cable)
            _ip("-n", switch, "link", "set", "dev", port, "master", "switch0", "up")
            _ip("-n", host, "address", "add", f"10.77.0.{number}/24", "dev", "eth0")
            for device in ("eth0", "lo"):
                _ip("-n", host, "link", "set", "dev", device, "up")


def _ip(*arguments: str) -> str:
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, f"ip {' '.join(arguments)}: {done.stderr}"
    return done.stdout
