"""Compares what DSAGE's search inside begins with and proposes, at equal cost, over seeds.

    python -m benchmarks.search maze                  # 5 seeds of every variant: about two hours
    python -m benchmarks.search mario --seeds 3 --only "as published" "CMA-ME"
    python -m benchmarks.search maze --only default --set surrogate.features=8

Every run is a process with one thread, several of them side by side with ``--jobs``. CPU seconds
are those of the process and its children (Mario's JVM), start of the program included: what all
ranks together would spend. Between two outer iterations QD-scores are interpolated. The intervals
are 95 % (Student's t over seeds). The tables in docs/search.md say how they were made.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import stats

#: What every run has, so that CPU seconds compare.
ONE_THREAD = ("surrogate.threads=1", "surrogate.device=cpu", "report.figures=false")
#: The search inside as published; networks and budgets stay those of the input.
PUBLISHED = (
    "inner_loop.start=empty",
    "selection.kind=downsample",
    "selection.candidates=all",
    "surrogate.known_objective=false",
)


@dataclass(frozen=True)
class Study:
    """One table: an input, the variants of it, and where they are compared."""

    input: str
    evaluations: int
    cpu_seconds: float
    variants: dict[str, tuple[str, ...]]


#: The published way to choose, on the grids of the two studies.
ONE_PER_COARSE_CELL = {
    "maze": ("selection.kind=downsample", "selection.coarse_dims=[32,27]"),
    "mario": ("selection.kind=downsample", "selection.coarse_dims=[25,25]"),
}
GAUSSIAN = ("emitters.line_sigma=0",)
CMA = ("emitters.kind=cma_me", "emitters.count=5", "emitters.batch_size=6")
#: The published pair of networks, a quarter as wide and one block deep: the default until it was
#: compared with the compact network.
PAIR = (
    "surrogate.kind=convolutional",
    "surrogate.planes=false",
    "surrogate.ancillary=true",
    "surrogate.features=16",
    "surrogate.residual_blocks=1",
)
#: The same for inputs/maze.toml, which has more evaluations.
WIDER_PAIR = (*PAIR, "surrogate.features=32")
#: The published network of Mario without its ancillary one, likewise.
PREDICTOR = ("surrogate.kind=convolutional", "surrogate.planes=false")
SEQUENTIAL = ("outer_loop.mode=sequential",)
PAIR_VARIANTS: dict[str, tuple[str, ...]] = {
    "as published (these networks)": (*PUBLISHED, *ONE_PER_COARSE_CELL["maze"]),
    "as published, only new candidates": (
        *PUBLISHED,
        *ONE_PER_COARSE_CELL["maze"],
        "selection.candidates=new",
    ),
    "start from archive, one per coarse cell, all": ONE_PER_COARSE_CELL["maze"],
    "start from archive, one per coarse cell, new": (
        *ONE_PER_COARSE_CELL["maze"],
        "selection.candidates=new",
    ),
    "start from archive, new ones at random": (
        "selection.kind=random",
        "selection.candidates=new",
    ),
    "expected gain, start empty": ("inner_loop.start=empty",),
    "expected gain, candidates new": ("selection.candidates=new",),
    "expected gain, objective predicted": ("surrogate.known_objective=false",),
    "expected gain, 32 at a time": ("selection.share=0",),
    "expected gain, 64 at a time": ("selection.count=64", "selection.share=0"),
    "expected gain, 128 at a time": ("selection.count=128", "selection.share=0"),
    "features 8": ("surrogate.features=8",),
    "features 32": ("surrogate.features=32",),
    "no occupancy network": ("surrogate.ancillary=false",),
    "200 inner iterations": ("inner_loop.iterations=200",),
    "15 epochs": ("surrogate.epochs=15",),
}
BALANCED = (
    "inner_loop.iterations=balanced",
    "surrogate.max_steps=balanced",
    "surrogate.epochs=200",
)
#: Measured by ``--dry-run`` on a core of an Intel Xeon; set, so that all seeds balance alike.
BALANCED_COSTS = (
    "balance.simulation_seconds=0.00399",
    "balance.prediction_seconds=3.24e-05",
    "balance.training_seconds=9.96e-05",
)
STUDIES = {
    "maze": Study(
        "inputs/maze_quick.toml",
        1_000,
        120.0,
        {
            "default": (),
            "MAP-Elites": ("algorithm.method=map_elites",),
            "sequential": SEQUENTIAL,
            "200 inner iterations": ("inner_loop.iterations=200",),
            "15 epochs": ("surrogate.epochs=15",),
            "replay 2": ("surrogate.replay=2",),
            "replay 4": ("surrogate.replay=4",),
            "up to 20 epochs, patience 1": ("surrogate.epochs=20", "surrogate.patience=1"),
            "balanced": (*BALANCED, *BALANCED_COSTS),
            "inner batches of 1 500, a tenth as many": (
                "emitters.batch_size=300",
                "inner_loop.iterations=6",
            ),
            "5 members": ("surrogate.members=5",),
            "published pair": PAIR,
            **{
                f"published pair, {name}": (*PAIR, *changes)
                for name, changes in PAIR_VARIANTS.items()
            },
        },
    ),
    "maze_paper": Study(
        "inputs/maze.toml",
        1_000,
        0.0,
        {
            "default": (),
            "MAP-Elites": ("algorithm.method=map_elites",),
            "features 8": ("surrogate.features=8",),
            "sequential": SEQUENTIAL,
            "published pair": WIDER_PAIR,
            "published pair, as published": (
                *WIDER_PAIR,
                *PUBLISHED,
                "selection.coarse_dims=[32,27]",
            ),
        },
    ),
    "mario": Study(
        "inputs/mario_quick.toml",
        1_200,
        250.0,
        {
            "default": (),
            "published network": PREDICTOR,
            "CMA-ME": (
                "algorithm.method=cma_me",
                "emitters.count=5",
            ),
            "MAP-Elites, line mutation": ("algorithm.method=map_elites", "emitters.count=5"),
            "as published (this network)": (
                *PUBLISHED,
                *ONE_PER_COARSE_CELL["mario"],
                "emitters.kind=cma_me",
            ),
            "one per coarse cell, new": (
                *ONE_PER_COARSE_CELL["mario"],
                "selection.candidates=new",
            ),
            "one per coarse cell, improving": (
                *ONE_PER_COARSE_CELL["mario"],
                "selection.candidates=improving",
            ),
            "one CMA-ME emitter of 30": ("emitters.kind=cma_me",),
            "five CMA-ME emitters of 6, sigma 0.1": (*CMA, "emitters.sigma0=0.1"),
            "five CMA-ME emitters of 6, sigma 0.2": CMA,
            "five CMA-ME emitters of 6, sigma 0.5": (*CMA, "emitters.sigma0=0.5"),
            "Gaussian mutation 0.1": (*GAUSSIAN, "emitters.iso_sigma=0.1"),
            "Gaussian mutation 0.2": GAUSSIAN,
            "Gaussian mutation 0.4": (*GAUSSIAN, "emitters.iso_sigma=0.4"),
            "150 inner iterations": ("inner_loop.iterations=150",),
            "line mutation, 0.1": ("emitters.iso_sigma=0.1",),
            "line mutation, 0.4": ("emitters.iso_sigma=0.4",),
            "64 at a time, 15 epochs": (
                "selection.count=64",
                "selection.share=0",
                "surrogate.epochs=15",
            ),
            "5 epochs": ("surrogate.epochs=5",),
            "occupancy network, 5 epochs": ("surrogate.ancillary=true", "surrogate.epochs=5"),
            "features 8": ("surrogate.features=8",),
        },
    ),
}


class Enough(Exception):  # noqa: N818  (nothing is wrong)
    """Ends a run that has cost what it may."""


class Silent:
    """A display that shows nothing."""

    def phase(self, name: str, total: int | None = None) -> None:
        """Nothing to show."""

    def advance(self, count: int = 1, note: str = "") -> None:
        """Nothing to show."""


def cpu_seconds() -> float:
    """CPU time of this process and all that it has started and that still runs."""
    total, todo = time.process_time(), list(_children(os.getpid()))
    while todo:
        process = todo.pop()
        with contextlib.suppress(OSError):  # it has just ended
            fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
            total += sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
            todo += _children(process)
    return total


def _children(process: int) -> Iterator[int]:
    for task in Path(f"/proc/{process}/task").glob("*/children"):
        yield from map(int, task.read_text().split())


def run_one(path: str, overrides: list[str], evaluations: int, cpu_limit: float) -> None:
    """Prints a run's curve as JSON: (evaluations, CPU seconds, QD-score) of every iteration.

    It ends when it has had both the evaluations and the CPU seconds.
    """
    from dsage_mpi.config.load import load_config
    from dsage_mpi.domains import build_domain
    from dsage_mpi.farm import open_farm
    from dsage_mpi.farm.launch import World
    from dsage_mpi.outer.loop import OuterLoop, Step
    from dsage_mpi.outer.phases import Phases
    from dsage_mpi.search.archive import qd_score

    config = load_config(Path(path), overrides=[*ONE_THREAD, *overrides])
    domain = build_domain(config.domain, config.archive.measures)
    payload = domain.simulator_payload()
    curve: list[tuple[int, float, float]] = []
    with open_farm(
        World(),
        lambda: domain.make_simulator(payload),
        domain.task_dtype,
        domain.result_dtype,
        config.farm,
    ) as farm:
        loop = OuterLoop(config, domain, farm, Phases(Silent()))

        def after(step: Step) -> None:
            curve.append((len(loop.record), cpu_seconds(), qd_score(loop.archive)))
            if curve[-1][0] >= evaluations and curve[-1][1] >= cpu_limit:
                raise Enough

        with contextlib.suppress(Enough):
            loop.run(after)
    print(json.dumps(curve))


def curve_of(study: Study, overrides: tuple[str, ...], seed: int, cpu_limit: float) -> np.ndarray:
    """Runs one seed of one variant in a process of its own; (iterations, 3)."""
    command = [sys.executable, "-m", "benchmarks.search", "--one", study.input]
    command += ["--cpu", str(cpu_limit), "--evaluations", str(study.evaluations)]
    # More than can be had in the CPU seconds: those end the run.
    most = 100_000 if cpu_limit > 0 else study.evaluations
    for override in (f"algorithm.max_evaluations={most}", *overrides, f"seed={seed}"):
        command += ["--set", override]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}\n{done.stderr}")
    return np.array(json.loads(done.stdout.splitlines()[-1]))


def interval(values: np.ndarray, digits: int = 0) -> str:
    """``mean ± half a 95 % interval`` (Student's t)."""
    if len(values) < 2:
        return f"{values.mean():7.{digits}f}      "
    half = stats.t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))
    return f"{values.mean():7.{digits}f} ± {half:3.{digits}f}"


def print_row(name: str, study: Study, curves: list[np.ndarray], cpu_limit: float) -> None:
    """One variant: QD-score and cost at the evaluations, QD-score and evaluations at the time."""
    at_budget = np.array([np.interp(study.evaluations, c[:, 0], c[:, 2]) for c in curves])
    spent = np.mean([np.interp(study.evaluations, c[:, 0], c[:, 1]) for c in curves])
    row = f"{name:44} {interval(at_budget)} {spent:7.0f} s"
    if cpu_limit > 0:
        at_time = np.array([np.interp(cpu_limit, c[:, 1], c[:, 2]) for c in curves])
        simulated = np.mean([np.interp(cpu_limit, c[:, 1], c[:, 0]) for c in curves])
        row += f"   {interval(at_time)} {simulated:9.0f}"
    print(row, flush=True)


def main() -> None:
    """Prints one row per variant as soon as its seeds have run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("study", help=f"one of {', '.join(STUDIES)}")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2, help="runs side by side")
    parser.add_argument("--only", nargs="+", default=[], help="names of variants")
    parser.add_argument("--evaluations", type=int, help="where scores are compared")
    parser.add_argument("--cpu", type=float, help="CPU seconds where they are compared; 0: nowhere")
    parser.add_argument("--set", action="append", default=[], help="for all variants: KEY=VALUE")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        run_one(arguments.study, arguments.set, arguments.evaluations, arguments.cpu)
        return
    if arguments.study not in STUDIES:
        parser.error(f"study {arguments.study}: expected one of {', '.join(STUDIES)}")
    study = STUDIES[arguments.study]
    if unknown := set(arguments.only) - set(study.variants):
        parser.error(f"--only {', '.join(unknown)}: expected some of {', '.join(study.variants)}")
    study = Study(
        study.input, arguments.evaluations or study.evaluations, study.cpu_seconds, study.variants
    )
    cpu_limit = study.cpu_seconds if arguments.cpu is None else arguments.cpu
    seeds = range(arguments.first_seed, arguments.first_seed + arguments.seeds)
    print(f"{study.input}, seeds {seeds[0]} to {seeds[-1]}: QD-score")
    print(f"{'':44} {f'after {study.evaluations} evaluations':>22}", end="")
    print(f"{f'after {cpu_limit:g} CPU s (evaluations)':>28}" if cpu_limit > 0 else "")
    with ThreadPoolExecutor(arguments.jobs) as pool:
        for name, overrides in study.variants.items():
            if not arguments.only or name in arguments.only:
                changes = (*overrides, *arguments.set)
                futures = [pool.submit(curve_of, study, changes, s, cpu_limit) for s in seeds]
                print_row(name, study, [future.result() for future in futures], cpu_limit)


if __name__ == "__main__":
    main()
