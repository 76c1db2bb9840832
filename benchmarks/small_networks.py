"""What the small networks of the quick inputs take: prediction by size of pass, and training.

    python -m benchmarks.small_networks

CPU milliseconds of one thread, best of five: an inner batch (mazes 150, Mario 30 levels), planes
included, and an optimizer step of 32 levels. Levels are random, and so is what is learned of them.
"""

from __future__ import annotations

import dsage_mpi.surrogate  # noqa: F401 (before torch: decides how its threads wait)

# isort: split
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.farm_training import INPUTS, random_data
from dsage_mpi.config.load import load_config
from dsage_mpi.core.levels import LevelSpace
from dsage_mpi.domains import build_domain
from dsage_mpi.outer.balance import levels_per_iteration
from dsage_mpi.surrogate.model import Surrogate

PASSES = (30, 50, 75, 150)
SAMPLES = 960


def milliseconds(work: Callable[[], Any], calls: int) -> float:
    """CPU time of a call."""
    work()
    best = float("inf")
    for _ in range(5):
        started = time.process_time()
        for _ in range(calls):
            work()
        best = min(best, time.process_time() - started)
    return 1e3 * best / calls


def main() -> None:
    """Prints some rows for each input."""
    torch.set_num_threads(1)
    for name, path in INPUTS.items():
        overrides = ["surrogate.device=cpu", "surrogate.threads=1"]
        config = load_config(Path(path), overrides=overrides)
        domain = build_domain(config.domain, config.archive.measures)
        space = LevelSpace.of(domain, config.surrogate.planes)
        batch, measures = levels_per_iteration(config), config.archive.measures
        levels = domain.levels(domain.initial_solutions(np.random.default_rng(0), batch))
        for size in (size for size in PASSES if size <= batch):
            settings = config.surrogate.model_copy(update={"predict_batch": size})
            model = Surrogate(settings, space, measures, run_seed=0)
            took = milliseconds(partial(model.predict, levels, occupancy=False), 100)
            print(f"{name}: {batch} levels in passes of {size}: {took:.2f} ms", flush=True)
        model = Surrogate(config.surrogate, space, measures, run_seed=0)
        data = random_data(config, domain, space, SAMPLES)
        steps = model.train(data, 0).steps
        took = milliseconds(partial(model.train, data, 1), 1) / steps
        print(f"{name}: an optimizer step: {took:.2f} ms", flush=True)


if __name__ == "__main__":
    main()
