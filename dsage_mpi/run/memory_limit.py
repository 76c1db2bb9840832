"""How much memory this process may have."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

_GROUPS = Path("/sys/fs/cgroup")


def memory_limit() -> int | None:
    """Bytes that this process can have at most: machine, container or job, ``ulimit``.

    None where nothing says so. What other programs hold is not taken off.
    """
    limits = [*_machine(), *_control_groups(), *_process()]
    return min(limits, default=None)


def _machine() -> Iterator[int]:
    """Memory and swap space."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return
    sizes = {line.split(":")[0]: int(line.split()[1]) * 1024 for line in lines if "kB" in line}
    if "MemTotal" in sizes:
        yield sizes["MemTotal"] + sizes.get("SwapTotal", 0)


def _control_groups() -> Iterator[int]:
    """Limits of containers and of jobs (Slurm sets them), of this group and all around it."""
    try:
        lines = Path("/proc/self/cgroup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, group = line.split(":", 2)
        if controllers == "":
            base, name = _GROUPS, "memory.max"
        elif "memory" in controllers.split(","):
            base, name = _GROUPS / "memory", "memory.limit_in_bytes"
        else:
            continue
        path = PurePosixPath(group)
        for folder in (path, *path.parents):
            yield from _number(base / str(folder).lstrip("/") / name)


def _number(path: Path) -> Iterator[int]:
    try:
        yield int(path.read_text(encoding="ascii"))
    except (OSError, ValueError):  # no such group, or "max"
        return


def _process() -> Iterator[int]:
    for kind in (resource.RLIMIT_AS, resource.RLIMIT_DATA):
        soft, _ = resource.getrlimit(kind)
        if soft != resource.RLIM_INFINITY:
            yield soft
