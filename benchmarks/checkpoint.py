"""Size and time of a checkpoint of a maze run, for each way to write it.

    python benchmarks/checkpoint.py
    mpirun -n 3 --bind-to none python benchmarks/checkpoint.py

Bar: less than 2 s for 100 000 evaluations. The state is real (simulated levels, the networks of
inputs/maze.toml) but for one thing: a sample of evaluations is repeated to make up the number.
"""

from __future__ import annotations

import argparse
import math
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from dsage_mpi.checkpoint.checksum import checksum
from dsage_mpi.checkpoint.hdf5 import read_tree
from dsage_mpi.checkpoint.parallel import Partner
from dsage_mpi.checkpoint.seal import check_seal
from dsage_mpi.checkpoint.writer import CALL, CheckpointWriter
from dsage_mpi.config.load import load_config
from dsage_mpi.core.levels import LevelSpace
from dsage_mpi.domains import build_domain
from dsage_mpi.farm import Duties, Farm, FarmSettings, open_farm, open_world, serve
from dsage_mpi.farm.evaluation import DeferredEvaluation
from dsage_mpi.farm.outcome import Outcome
from dsage_mpi.outer.evaluate import Place, begin_evaluation
from dsage_mpi.outer.methods.base import Proposal
from dsage_mpi.outer.record import EvaluationRecord
from dsage_mpi.surrogate.model import Surrogate

BAR = 2.0
INPUT = Path(__file__).parents[1] / "inputs" / "maze.toml"
NOTHING = np.dtype("i4")


def sample_state(count: int) -> dict[str, Any]:
    """State of a run of ``count`` evaluations."""
    config = load_config(INPUT)
    domain = build_domain(config.domain, config.archive.measures)
    simulator = domain.make_simulator(domain.simulator_payload())
    solutions = domain.initial_solutions(np.random.default_rng(0), count)

    class Direct:
        def begin(self, tasks: Any, cost: Any = None) -> Any:
            outcome = Outcome.empty(len(tasks), domain.result_dtype)
            outcome.results[:] = simulator(tasks)
            return DeferredEvaluation(lambda on_progress: outcome)

    farm: Any = Direct()
    record = EvaluationRecord(domain, len(config.archive.measures))
    place = Place(run_seed=0, first=0, iteration=0)
    record.append(begin_evaluation(farm, domain, Proposal(solutions), place).finish())
    surrogate = Surrogate(
        config.surrogate, LevelSpace.of(domain), config.archive.measures, run_seed=0
    )
    return {"record": record.state(), "surrogate": surrogate.state()}


def repeated(state: dict[str, Any], rows: int) -> dict[str, Any]:
    """The same with the record's rows repeated up to ``rows``."""
    times = math.ceil(rows / len(state["record"]["failed"]))
    record = {
        name: np.concatenate([column] * times)[:rows] for name, column in state["record"].items()
    }
    return {**state, "record": record}


def timed(step: Callable[[], object], repeats: int) -> float:
    """Seconds of the fastest of ``repeats`` calls."""
    best = math.inf
    for _ in range(repeats):
        started = time.perf_counter()
        step()
        best = min(best, time.perf_counter() - started)
    return best


def measure(farm: Farm, ranks: int, folder: Path, options: argparse.Namespace) -> None:
    sample = sample_state(options.sample)
    path = folder / "c.h5"
    print(f"{'evaluations':>11} {'MB':>7}  {'writer':22} {'s':>7}")
    for rows in options.evaluations:
        state = repeated(sample, rows)
        before = repeated(sample, int(rows * 0.99))

        def row(label: str, seconds: float, rows: int = rows) -> None:
            print(f"{rows:11d} {path.stat().st_size / 1e6:7.1f}  {label:22} {seconds:7.3f}")

        alone = CheckpointWriter("serial", farm, ranks, ("record",))
        row("rank 0 alone", timed(partial(alone.write, path, state), options.repeats))
        if ranks > 1 and h5py.get_config().mpi:
            first, later = [], []
            for _ in range(options.repeats):
                together = CheckpointWriter("parallel", farm, ranks, ("record",))
                first.append(together.write(path, before).seconds)
                later.append(together.write(path, state).seconds)
            row(f"{ranks} ranks, first", min(first))
            row(f"{ranks} ranks, 1 % more rows", min(later))
        row("read and verify", timed(partial(read_tree, path), options.repeats))
        row("  of it the seal", timed(partial(check_seal, path), options.repeats))
    tables = state["record"].values()
    seconds = timed(lambda: [checksum(table) for table in tables], 1)
    print(f"checksums of the tables: {seconds:.3f} s")
    for level in (1, 4):
        seconds, ratio = compressed(folder / "z.h5", sample["record"]["result"], level)
        print(f"gzip {level} on results: {ratio:.2f} of the size, {seconds:.2f} s more per 100 MB")


def compressed(path: Path, results: Any, level: int) -> tuple[float, float]:
    """Seconds per 100 MB, and part of the size that is left, of HDF5's gzip with shuffle."""
    started = time.perf_counter()
    with h5py.File(path, "w") as file:
        rows = len(results)
        data = file.create_dataset(
            "r", data=results, chunks=(rows,), compression=level, shuffle=True
        )
        stored = data.id.get_storage_size()
    seconds = time.perf_counter() - started
    return seconds / results.nbytes * 1e8, stored / results.nbytes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--evaluations", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--sample", type=int, default=300)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="where to write (default: the temporary one)")
    options = parser.parse_args()
    world = open_world()
    arguments = (world, lambda: lambda tasks: tasks, NOTHING, NOTHING, FarmSettings())
    if not world.is_root:
        serve(*arguments, Duties({CALL: Partner()}))
        return
    with tempfile.TemporaryDirectory(dir=options.folder) as folder, open_farm(*arguments) as farm:
        measure(farm, world.size, Path(folder), options)
    print(f"bar: {BAR:g} s")


if __name__ == "__main__":
    main()
