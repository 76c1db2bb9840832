"""Cost of one task that does nothing, through our farm and through mpi4py.futures.

    mpirun -n 2 --bind-to none python benchmarks/farm_overhead.py

Bar: at most 100 µs per task with one worker, one task per message, one chunk prefetched.
On a machine that others use, `chrt -r 5 mpirun ...` keeps their load out of the figures.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from dsage_mpi.farm import Farm, FarmSettings, World, open_farm, open_world, serve

TASK = np.dtype([("number", "<i8"), ("level", "i1", (16, 16))])
RESULT = np.dtype([("number", "<i8"), ("values", "<f8", (10,))])
BAR = 100.0


def no_op(tasks: Any) -> Any:
    return np.zeros(len(tasks), RESULT)


def no_op_one(task: Any) -> Any:
    return np.zeros((), RESULT)


def best_microseconds(run: Callable[[], object], tasks: int, repeats: int) -> float:
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        run()
        times.append(time.perf_counter() - started)
    return min(times) / tasks * 1e6


def through_farm(world: World, settings: FarmSettings, tasks: Any, repeats: int) -> float | None:
    if not world.is_root:
        serve(world, lambda: no_op, TASK, RESULT, settings)
        return None
    farm: Farm
    with open_farm(world, lambda: no_op, TASK, RESULT, settings) as farm:
        return best_microseconds(lambda: farm.evaluate(tasks), len(tasks), repeats)


def through_futures(world: World, tasks: Any, repeats: int) -> float | None:
    from mpi4py.futures import MPICommExecutor

    executor: Any
    with MPICommExecutor(world.comm, root=0) as executor:
        if executor is None:
            return None
        rows = list(tasks)
        return best_microseconds(
            lambda: list(executor.map(no_op_one, rows, chunksize=1)), len(tasks), repeats
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=1000)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    world = open_world()
    if world.size < 2:
        raise SystemExit("needs at least one worker: mpirun -n 2 python benchmarks/...")
    tasks = np.zeros(options.tasks, TASK)
    rows: list[tuple[str, float | None]] = []
    for label, settings in (
        ("farm, chunk = 1, prefetch = 1", FarmSettings(chunk=1)),
        ("farm, chunk = 1, prefetch = 0", FarmSettings(chunk=1, prefetch=0)),
        ("farm, chunk = 16, prefetch = 1", FarmSettings(chunk=16)),
        ("farm, chunk = auto", FarmSettings()),
        ("farm, static", FarmSettings(dispatch="static")),
    ):
        rows.append((label, through_farm(world, settings, tasks, options.repeats)))
    rows.append(("mpi4py.futures, chunksize = 1", through_futures(world, tasks, options.repeats)))
    if world.is_root:
        print(f"{options.tasks} tasks, {world.size - 1} worker(s), best of {options.repeats}")
        for label, microseconds in rows:
            print(f"{label:32s} {microseconds:8.1f} µs per task")
        verdict = "met" if rows[0][1] is not None and rows[0][1] <= BAR else "MISSED"
        print(f"bar of {BAR:g} µs: {verdict}")


if __name__ == "__main__":
    main()
