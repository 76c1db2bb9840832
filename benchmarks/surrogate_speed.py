"""Measures training and prediction throughput of the surrogate, and how near the hardware it is.

    python -m benchmarks.surrogate_speed --network maze mario --threads 1 2

Levels are random tiles: the arithmetic is the same for any content. "share" compares with the
rate of the ancillary network's largest convolution, run alone with data in cache, which is the
fastest that torch's kernels go on this machine. A training step counts as three forward passes.
Other load on the machine, above all with more than one thread, shows in every figure.
"""

from __future__ import annotations

import dsage_mpi.surrogate  # noqa: F401 (before torch: decides how its threads wait)

# isort: split
import argparse
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from dsage_mpi.core.levels import LevelSpace
from dsage_mpi.surrogate.dataset import DataSet
from dsage_mpi.surrogate.demand import demand
from dsage_mpi.surrogate.device import resolve_threads
from dsage_mpi.surrogate.model import Surrogate
from dsage_mpi.surrogate.settings import SurrogateSettings


@dataclass(frozen=True)
class Case:
    """Level format of a domain and the batch that its inner loop predicts."""

    level_shape: tuple[int, int]
    tile_count: int
    inner_batch: int


CASES = {"maze": Case((16, 16), 4, 150), "mario": Case((16, 56), 17, 30)}


def best_seconds(work: Callable[[], Any], device: torch.device, repeats: int) -> float:
    """Shortest of ``repeats`` runs after one to warm up."""
    times = []
    for _ in range(repeats + 1):
        start = time.perf_counter()
        work()
        if device.type == "cuda":
            torch.cuda.synchronize()
        times.append(time.perf_counter() - start)
    return min(times[1:])


def convolution_rate(threads: int, device: torch.device, dtype: torch.dtype) -> float:
    """Multiply-adds per second of a 3x3 convolution of 64 channels on 30 maps of 16x16."""
    torch.set_num_threads(threads)
    layout: dict[str, Any] = {"memory_format": torch.channels_last}
    maps = torch.rand(30, 64, 16, 16).to(device, dtype, **layout)
    weight = torch.rand(64, 64, 3, 3).to(device, dtype, **layout)
    with torch.inference_mode():
        seconds = best_seconds(
            lambda: torch.nn.functional.conv2d(maps, weight, padding=1), device, 30
        )
    return 30 * 256 * 64 * 64 * 9 / seconds


def measure(name: str, case: Case, settings: SurrogateSettings, batches: int) -> dict[str, Any]:
    """One row of the table."""
    space = LevelSpace(case.level_shape, case.tile_count)
    model = Surrogate(settings, space, ("a", "b"), run_seed=0)
    rng = np.random.default_rng(0)
    count = settings.batch_size * batches
    levels = rng.integers(0, case.tile_count, (count, *case.level_shape), dtype=np.int8)
    data = DataSet(count, space, model.device)
    data.add(levels, rng.random(count), rng.random((count, 2)), rng.random(levels.shape))
    asked = rng.integers(0, case.tile_count, (case.inner_batch, *case.level_shape), dtype=np.int8)
    trained = min(model.train(data, number).seconds for number in range(2))
    predicted = best_seconds(lambda: model.predict(asked, occupancy=False), model.device, 5)
    work = demand(settings, space, 3).multiply_adds
    dtype = getattr(torch, settings.predict_precision)
    threads = resolve_threads(settings)
    rate = convolution_rate(threads, model.device, dtype)
    single = convolution_rate(threads, model.device, torch.float32)
    return {
        "network": name,
        "device": model.device.type,
        "threads": threads,
        "predict precision": settings.predict_precision,
        "train samples/s": count / trained,
        "train share": 3 * work * count / trained / single,
        "predict levels/s": case.inner_batch / predicted,
        "inner iteration ms": 1e3 * predicted,
        "predict share": work * case.inner_batch / predicted / rate,
        "MMAC/level": work / 1e6,
    }


def main() -> None:
    """Prints one row per network, thread count and precision."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--network", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto")
    parser.add_argument("--batches", type=int, default=2, help="training batches per measurement")
    parser.add_argument("--json", type=Path, help="write the rows here too")
    arguments = parser.parse_args()
    rows = []
    for name in arguments.network:
        for threads in arguments.threads:
            for precision in ("float32", "bfloat16"):
                settings = SurrogateSettings(
                    threads=threads,
                    epochs=1,
                    device=arguments.device,
                    predict_precision=precision,  # type: ignore[arg-type]
                )
                row = measure(name, CASES[name], settings, arguments.batches)
                if not rows:
                    print("  ".join(row))
                rows.append(row)
                values = (f"{v:.2f}" if isinstance(v, float) else str(v) for v in row.values())
                print("  ".join(v.rjust(len(k)) for k, v in zip(row, values, strict=True)))
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
