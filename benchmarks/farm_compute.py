"""Efficiency of sharing rank 0's own work with ranks that have no tasks (``farm.compute``).

    mpirun -n 32 --oversubscribe --bind-to none python benchmarks/farm_compute.py
    mpirun -n 2 --bind-to none python benchmarks/farm_compute.py --network maze

Without ``--network`` a pass of 30 levels sleeps as long as the published maze networks predict, so
that ranks can outnumber cores. The efficiency is the time that all passes of an inner iteration ask
for, over ranks x wall time. With ``--network`` real passes are computed; the time that they ask for
is what rank 0 needs alone. Bars: 85 % of 32 ranks, 90 % of 2 ranks. On a machine that
others use, ``--realtime`` keeps their load out of the figures (for some seconds, as root).
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from dsage_mpi.farm import Duties, FarmSettings, open_farm, open_world, serve
from dsage_mpi.surrogate.remote import SurrogateService
from dsage_mpi.surrogate.remote_inference import SharedInference
from dsage_mpi.surrogate.remote_messages import Shape, packed_state

DTYPE = np.dtype("<f8")
#: Levels per pass, and bytes of a maze and of its prediction.
LEVELS, LEVEL_BYTES, OUTPUT_BYTES = 30, 256, 12
#: Seconds per pass: docs/surrogate.md, "Speed".
SECONDS = LEVELS / 1260
SETTINGS = FarmSettings(compute="ranks")
INPUTS = {"maze": "inputs/paper/maze/dsage.toml", "compact": "inputs/maze_quick.toml"}


class Realtime:
    """A service whose process goes before all others once it has its state."""

    def __init__(self, service: Any) -> None:
        self._service = service

    def load(self, state: Any) -> None:
        """See ``Service.load``."""
        self._service.load(state)
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(5))

    def __call__(self, request: Any, is_wanted: Callable[[], bool]) -> Any:
        """See ``Service``."""
        return self._service(request, is_wanted)


class Sleeper:
    """Takes as long as a prediction."""

    def load(self, state: Any) -> None:
        """Needs none."""

    def __call__(self, request: Any, is_wanted: Callable[[], bool]) -> Any:
        """Predicts nothing."""
        levels = request.size // LEVEL_BYTES
        time.sleep(SECONDS * levels / LEVELS)
        return np.zeros(levels * OUTPUT_BYTES, np.uint8)


def network_service(name: str) -> tuple[SurrogateService, Any, Any]:
    """A service of real networks, its state, and levels to predict."""
    from dsage_mpi.config.load import load_config
    from dsage_mpi.core.levels import LevelSpace
    from dsage_mpi.core.processor import processor
    from dsage_mpi.domains import build_domain
    from dsage_mpi.surrogate.model import Surrogate

    overrides = ["surrogate.device=cpu", "surrogate.threads=1"]
    config = load_config(Path(INPUTS[name]), overrides=overrides)
    domain = build_domain(config.domain, config.archive.measures)
    space = LevelSpace.of(domain, config.surrogate.planes)
    names = config.archive.measures
    weights = Surrogate(config.surrogate, space, names, run_seed=0).state()["network"]
    service = SurrogateService(Shape(config.surrogate, space, 1 + len(names), LEVELS), processor())
    levels = domain.levels(domain.initial_solutions(np.random.default_rng(0), 10_000))
    return service, packed_state("predict", weights, processor()), levels


def best(work: Callable[[], Any], repeats: int) -> float:
    """Least seconds of ``repeats`` calls."""
    seconds = []
    for _ in range(repeats):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return min(seconds)


def measure(compute: Any, service: Any, levels: Any, passes: int, repeats: int) -> float:
    """Prints one row; returns the efficiency."""

    def local(part: Any) -> Any:
        request = np.ascontiguousarray(part).view(np.uint8).reshape(-1)
        return service(request, lambda: True).view(np.float32).reshape(len(part), -1)

    asked = levels[: passes * LEVELS]
    shared_inference = SharedInference(compute, local, LEVELS)
    alone = best(lambda: local(asked), repeats)
    shared = best(lambda: shared_inference(asked), repeats)
    efficiency = alone / compute.ranks / shared
    ideal = passes / compute.ranks / -(-passes // compute.ranks)
    print(
        f"{passes:4d} passes ({passes * LEVELS:5d} levels): alone {alone:7.3f} s, shared "
        f"{shared:7.3f} s, efficiency {efficiency:6.1%} (of whole passes: {ideal:.1%})",
        flush=True,
    )
    return efficiency


def main() -> None:
    """Prints a row for each number of passes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--network", choices=sorted(INPUTS), help="real networks, not sleep")
    parser.add_argument("--passes", type=int, nargs="+", default=[5, 50, 150, 310])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--realtime", action="store_true", help="go before other programs")
    options = parser.parse_args()
    world = open_world()
    service: Any = Sleeper()
    state: Any = np.zeros(1, np.uint8)
    levels: Any = np.zeros((30_000, 16, 16), np.int8)
    if options.network:
        service, state, levels = network_service(options.network)
    if options.realtime:
        service = Realtime(service)
    if not world.is_root:
        serve(world, lambda: lambda tasks: tasks, DTYPE, DTYPE, SETTINGS, Duties(service=service))
        return
    with open_farm(world, lambda: lambda tasks: tasks, DTYPE, DTYPE, SETTINGS) as farm:
        compute = farm.compute
        if compute is None:
            raise SystemExit("needs other ranks: mpirun -n 2 ...")
        service.load(state)
        compute.load(state)
        time.sleep(1)
        requests = [np.zeros(LEVELS * LEVEL_BYTES, np.uint8)] * 2 * compute.ranks
        compute.map(
            requests, lambda k: service(requests[k], lambda: True)
        )  # ranks load their state
        time.sleep(5 if options.network else 0.5)
        print(f"{compute.ranks} ranks, passes of {LEVELS} levels, best of {options.repeats}")
        for passes in options.passes:
            measure(compute, service, levels, passes, options.repeats)


if __name__ == "__main__":
    main()
