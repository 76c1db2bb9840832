"""Efficiency of training an ensemble's members on several ranks (``farm.compute``).

    mpirun -n 2 --bind-to none python benchmarks/farm_training.py
    mpirun -n 2 --bind-to none python benchmarks/farm_training.py --network mario --members 6

The efficiency is the time that rank 0 needs alone over ranks x wall time; *whole members* is what
could be had, since no member is split. Levels are random, and so is what is learned of them.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np

from dsage_mpi.config.load import load_config
from dsage_mpi.core.levels import LevelSpace
from dsage_mpi.core.processor import processor
from dsage_mpi.domains import build_domain
from dsage_mpi.farm import Duties, FarmSettings, open_farm, open_world, serve

DTYPE = np.dtype("<f8")
SETTINGS = FarmSettings(compute="ranks")
INPUTS = {"maze": "inputs/maze_quick.toml", "mario": "inputs/mario_quick.toml"}


def random_data(config: Any, domain: Any, space: LevelSpace, count: int) -> Any:
    """A data set of random levels with random values."""
    from dsage_mpi.surrogate.dataset import DataSet

    rng = np.random.default_rng(0)
    levels = domain.levels(domain.initial_solutions(rng, count))
    measures = rng.normal(size=(count, len(config.archive.measures)))
    occupancy = np.zeros((count, *space.grid_shape), np.float32)
    data = DataSet(count, space, measure_count=measures.shape[1])
    data.add(levels, rng.normal(size=count), measures, occupancy)
    return data


def seconds_of(model: Any, data: Any, iteration: int) -> float:
    """How long a training takes."""
    started = time.perf_counter()
    model.train(data, iteration)
    return time.perf_counter() - started


def main() -> None:
    """Prints one row."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--network", choices=sorted(INPUTS), default="maze")
    parser.add_argument("--members", type=int, default=4)
    parser.add_argument("--levels", type=int, default=1000)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    overrides = ["surrogate.device=cpu", "surrogate.threads=1"]
    overrides.append(f"surrogate.members={options.members}")
    config = load_config(Path(INPUTS[options.network]), overrides=overrides)
    domain = build_domain(config.domain, config.archive.measures)
    space = LevelSpace.of(domain, config.surrogate.planes)
    world = open_world()
    if not world.is_root:
        from dsage_mpi.run.service import make_service

        duties = Duties(service=make_service(_sharing(config), domain))
        serve(world, lambda: lambda tasks: tasks, DTYPE, DTYPE, SETTINGS, duties)
        return
    from dsage_mpi.surrogate.model import Surrogate

    with open_farm(world, lambda: lambda tasks: tasks, DTYPE, DTYPE, SETTINGS) as farm:
        if farm.compute is None:
            raise SystemExit("needs other ranks: mpirun -n 2 ...")
        data = random_data(config, domain, space, options.levels)
        one, several = (
            Surrogate(config.surrogate, space, config.archive.measures, run_seed=0)
            for _ in range(2)
        )
        ranks = several.share(farm.compute)
        rounds = range(1 + options.repeats)  # the first one loads torch
        alone = min(seconds_of(one, data, k) for k in rounds)
        shared = min(seconds_of(several, data, k) for k in rounds)
        whole = options.members / ranks / -(-options.members // ranks)
        print(
            f"{options.network}, {options.members} members, {options.levels} levels, {ranks} ranks "
            f"({processor()}): alone {alone:.3f} s, shared {shared:.3f} s, efficiency "
            f"{alone / ranks / shared:.1%} (of whole members: {whole:.1%})"
        )


def _sharing(config: Any) -> Any:
    return config.model_copy(update={"farm": SETTINGS})


if __name__ == "__main__":
    main()
