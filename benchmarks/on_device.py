"""Measures the surrogate where its device does everything: inner loops and training steps.

    python -m benchmarks.on_device                      # the GPU if there is one
    python -m benchmarks.on_device --device cpu --iterations 20 --steps 20

The published maze networks and settings: inner batches of 150, training batches of 64. "native" is
the loop on the host that asks the device for predictions alone; "tensors" the loop on the device;
"recorded" that one, and training, from CUDA graphs. All loops get the same random numbers and have
to end with the same archive, and all trainings with the same weights. Wall time, the shortest of
some rounds; the first round, in which libraries start, does not count. Every round records anew, as
every training and every inner loop of a run does.
"""

from __future__ import annotations

import dsage_mpi.surrogate  # noqa: F401 (before torch: decides how its threads wait)

# isort: split
import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from dsage_mpi.archives import build_archives
from dsage_mpi.config.load import load_config
from dsage_mpi.config.schema import Config
from dsage_mpi.core.levels import LevelSpace
from dsage_mpi.domains import build_domain
from dsage_mpi.outer.beliefs import Beliefs
from dsage_mpi.search.archive import ground_truth_archive
from dsage_mpi.search.inner_loop import inner_loop
from dsage_mpi.search.problem import Problem
from dsage_mpi.surrogate.dataset import DataSet
from dsage_mpi.surrogate.model import Surrogate

INPUT = Path("inputs/paper/maze/dsage.toml")
#: What is compared: archive of the inner loop, and whether kernels are recorded.
WAYS = {
    "native": ("native", False),
    "tensors": ("tensors", False),
    "recorded": ("tensors", True),
}


def configuration(way: str, arguments: argparse.Namespace) -> Config:
    """The published settings in one of the ways."""
    archive, recorded = WAYS[way]
    return load_config(
        INPUT,
        overrides=[
            f"inner_loop.archive={archive}",
            f"surrogate.cuda_graphs={str(recorded).lower()}",
            f"surrogate.device={arguments.device}",
            f"surrogate.deterministic={str(arguments.deterministic).lower()}",
            f"inner_loop.iterations={arguments.iterations}",
            "surrogate.epochs=1",
            f"surrogate.threads={arguments.threads}",
        ],
    )


class Setting:
    """A surrogate that has been trained on random mazes, in one of the ways."""

    def __init__(self, config: Config, steps: int) -> None:
        self.config = config
        self._domain = build_domain(config.domain, config.archive.measures)
        space = LevelSpace.of(self._domain, config.surrogate.planes)
        self._surrogate = Surrogate(config.surrogate, space, config.archive.measures, run_seed=0)
        count, rng = steps * config.surrogate.batch_size, np.random.default_rng(0)
        levels = self._domain.levels(self._domain.initial_solutions(rng, count))
        low, high = np.array(config.archive.ranges).T
        measures = rng.random((count, len(low))) * (high - low) + low
        self._data = DataSet(count, space, self._surrogate.device)
        self._data.add(levels, rng.random(count), measures, rng.random(levels.shape))

    def train(self, iteration: int) -> float:
        """Trains for an epoch; seconds."""
        start = time.perf_counter()
        self._surrogate.train(self._data, iteration)
        self._synchronise()
        return time.perf_counter() - start

    def search(self) -> tuple[float, dict[str, Any]]:
        """An inner loop from nothing: seconds, and the archive."""
        archives = build_archives(self.config.archive, 0)
        truth = ground_truth_archive(archives, self._domain, 0)
        problem = Problem(self.config, self._domain, archives, truth)
        beliefs = Beliefs(self.config, self._domain, self._surrogate, 1)
        start = time.perf_counter()
        with beliefs.on_tensors() as on_tensors:
            found = inner_loop(problem, beliefs.of, 1, on_tensors=on_tensors)
        return time.perf_counter() - start, found.data()

    def weights(self) -> Any:
        """What training has made of the networks."""
        return self._surrogate.state()["network"]

    def _synchronise(self) -> None:
        if self._surrogate.device.type == "cuda":
            torch.cuda.synchronize()


def assert_same(expected: dict[str, Any], found: dict[str, Any]) -> None:
    """Compares arrays by name."""
    for name, values in expected.items():
        np.testing.assert_array_equal(values, found[name], err_msg=name)


def main() -> None:
    """Prints one row per way."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto")
    parser.add_argument("--iterations", type=int, default=1000)
    parser.add_argument("--steps", type=int, default=300, help="training steps per round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument(
        "--fast", dest="deterministic", action="store_false", help="with TF32, as a GPU likes it"
    )
    arguments = parser.parse_args()
    print("| way | ms per inner iteration | s per 10 000 | ms per training step |")
    print("|---|---|---|---|")
    seen: tuple[Any, Any] | None = None
    for way in WAYS:
        setting = Setting(configuration(way, arguments), arguments.steps)
        training = [setting.train(number) for number in range(1 + arguments.rounds)][1:]
        loops = [setting.search() for _ in range(1 + arguments.rounds)][1:]
        if seen is None:
            seen = setting.weights(), loops[0][1]
        elif arguments.deterministic:
            assert_same(seen[0], setting.weights())
            assert_same(seen[1], loops[0][1])
        loop = min(seconds for seconds, _ in loops) / arguments.iterations
        step = min(training) / arguments.steps
        print(f"| {way} | {1e3 * loop:.2f} | {1e4 * loop:.1f} | {1e3 * step:.2f} |", flush=True)


if __name__ == "__main__":
    main()
