"""What the process border around the Mario engine costs: start, round trip, memory.

    python benchmarks/mario_host.py

The level is won before its first tick, so that hardly anything but the border is timed.
Bar: at most 100 µs per task on top of the same call inside the JVM's own process.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from dsage_mpi.domains.mario.jvm import MarioJvm
from dsage_mpi.domains.mario.jvm.jar import find_jar
from dsage_mpi.domains.mario.records import task_dtype
from dsage_mpi.domains.mario.settings import MarioSettings
from dsage_mpi.domains.mario.simulator import MarioSimulator
from dsage_mpi.domains.mario.tiles import TILES

BAR = 100.0


def make_tasks(count: int) -> Any:
    tasks = np.zeros(count, task_dtype(1))
    tasks["level"][:, 14:] = TILES.index("X")
    tasks["level"][:, 13, 0] = TILES.index("F")
    tasks["level"][:, 13, 1] = TILES.index("M")
    tasks["budget"] = 1
    return tasks


def best_microseconds(run: Callable[[Any], Any], count: int, repeats: int) -> float:
    tasks, times = make_tasks(count), []
    for _ in range(repeats):
        started = time.perf_counter()
        results = run(tasks)
        times.append(time.perf_counter() - started)
        assert (results["rollout"]["ticks"] == 0).all()
    return min(times) / count * 1e6


def megabytes(pid: int) -> float:
    """Proportional share of all memory that a process holds."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    (size,) = (line.split()[1] for line in lines if line.startswith("Pss:"))
    return int(size) / 1024


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=20)
    repeats = parser.parse_args().repeats

    settings = MarioSettings(name="mario", rollouts=1)
    with MarioSimulator(settings) as simulator:
        started = time.perf_counter()
        simulator(make_tasks(1))
        start = time.perf_counter() - started
        pid = simulator.pid
        assert pid is not None
        print(f"start and first task: {start:.2f} s ({cpu_seconds(pid):.2f} s CPU)")
        simulator(make_tasks(5000))
        across = {n: best_microseconds(simulator, n, repeats) for n in (1, 10, 100)}
        print(f"memory of the child: {megabytes(pid):.0f} MB (PSS)")

    options = settings.simulator.model_dump(include={"planner", "timer_seconds", "start_state"})
    jvm = MarioJvm({"jar": str(find_jar()), "agent": None, "rollouts": 1, "heap_mb": 64, **options})
    jvm(make_tasks(5000))
    print(f"{'tasks per batch':>15}{'across, µs':>12}{'inside, µs':>12}{'border, µs':>12}")
    for count, microseconds in across.items():
        # The child runs its tasks one by one.
        inside = best_microseconds(jvm, 1, repeats)
        border = microseconds - inside
        note = "" if border <= BAR else f"   above the bar of {BAR:g}"
        print(f"{count:>15}{microseconds:>12.1f}{inside:>12.1f}{border:>12.1f}{note}", flush=True)
    os._exit(0)  # a JVM's own way out may take its time


if __name__ == "__main__":
    main()
