"""Parallel efficiency with many oversubscribed ranks and tasks of very different length.

    mpirun -n 64 --oversubscribe --bind-to none python benchmarks/farm_efficiency.py

Tasks sleep for log-normal times (mean 50 ms, sigma 1), so that ranks can outnumber cores. The
efficiency is the sum of the times that the tasks asked for, over workers x wall time. Bar: 95 %.

On a machine that others use, `chrt -r 5 mpirun ...` keeps their load out of the figures.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import numpy as np

from dsage_mpi.farm import FarmSettings, open_farm, open_world, serve

DTYPE = np.dtype("<f8")
BAR = 0.95


def sleeper(tasks: Any) -> Any:
    for seconds in tasks:
        time.sleep(seconds)
    return tasks


def durations(count: int, mean: float, sigma: float, seed: int) -> Any:
    rng = np.random.default_rng(seed)
    return rng.lognormal(np.log(mean) - sigma**2 / 2, sigma, count)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=2000)
    parser.add_argument("--mean", type=float, default=0.05, help="mean task time in seconds")
    parser.add_argument("--sigma", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    world = open_world()
    tasks = durations(options.tasks, options.mean, options.sigma, options.seed)
    noise = np.random.default_rng(options.seed + 1).lognormal(0, 0.3, options.tasks)
    cases = (
        ("longest first, exact prediction", FarmSettings(), tasks),
        ("longest first, prediction 30 % off", FarmSettings(), tasks * noise),
        ("no prediction", FarmSettings(), None),
        ("no prediction, chunk = 1", FarmSettings(chunk=1), None),
        ("longest first, chunk = 1, no prefetch", FarmSettings(chunk=1, prefetch=0), tasks),
        ("static", FarmSettings(dispatch="static"), None),
    )
    if world.is_root:
        ideal = tasks.sum() / max(1, world.size - 1)
        print(
            f"{options.tasks} tasks, mean {tasks.mean() * 1e3:.1f} ms, longest "
            f"{tasks.max() * 1e3:.0f} ms, {world.size - 1} workers, ideal {ideal:.3f} s, best of "
            f"{options.repeats}"
        )
    for label, settings, cost in cases:
        if not world.is_root:
            serve(world, lambda: sleeper, DTYPE, DTYPE, settings)
            continue
        walls = []
        with open_farm(world, lambda: sleeper, DTYPE, DTYPE, settings) as farm:
            for _ in range(options.repeats):
                started = time.perf_counter()
                farm.evaluate(tasks, cost)
                walls.append(time.perf_counter() - started)
        best = tasks.sum() / farm.workers / min(walls)
        judged = cost is tasks and settings == FarmSettings()
        mark = "" if not judged else "  bar met" if best >= BAR else "  BAR MISSED"
        print(f"{label:38s} {min(walls):7.3f} s  {best:6.1%}{mark}", flush=True)


if __name__ == "__main__":
    main()
