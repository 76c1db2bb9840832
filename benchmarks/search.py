"""Compares what DSAGE's search inside can begin with and propose, at equal cost, over seeds.

    python -m benchmarks.search maze                      # 5 seeds of every variant, about an hour
    python -m benchmarks.search mario --seeds 3 --only "as published" "CMA-ME"
    python -m benchmarks.search maze --set surrogate.features=8 --only default

Every run is a process of its own with one thread. CPU seconds are those of the process and its
children (Mario's JVM), start of the program included: what all ranks together would spend. QD-scores
between two outer iterations are interpolated. Intervals are 95 % (Student's t over seeds).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

#: What every run has: comparable CPU seconds, and the same bits on every machine of one kind.
ONE_THREAD = ("surrogate.threads=1", "surrogate.device=cpu", "report.figures=false")
PUBLISHED = ("inner_loop.start=empty", "selection.candidates=all", "surrogate.known_objective=false")


@dataclass(frozen=True)
class Study:
    """One table: an input, its variants, and where they are compared."""

    input: str
    evaluations: int
    cpu_seconds: float
    variants: dict[str, tuple[str, ...]]


STUDIES = {
    "maze": Study("inputs/maze_quick.toml", 1_000, 120.0, {}),
    "mario": Study("inputs/mario_quick.toml", 1_200, 250.0, {}),
}


def cpu_seconds() -> float:
    """CPU time of this process and all that it has started, those still running included."""
    total, todo = time.process_time(), _children(os.getpid())
    while todo:
        process = todo.pop()
        try:
            fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
        except OSError:  # it has ended, and counts no more: simulators live as long as the run
            continue
        total += sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
        todo += _children(process)
    return total


def _children(process: int) -> list[int]:
    tasks = Path(f"/proc/{process}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


class Silent:
    """A display that shows nothing."""

    def phase(self, name: str, total: int | None = None) -> None:
        """Nothing to show."""

    def advance(self, count: int = 1, note: str = "") -> None:
        """Nothing to show."""


def run_one(path: str, overrides: list[str], cpu_limit: float) -> None:
    """Prints the run's curve as JSON: evaluations, CPU seconds and QD-score of every iteration."""
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

    class Enough(Exception):
        pass

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
            if curve[-1][1] > cpu_limit and len(loop.record) >= 1_200:
                raise Enough

        try:
            loop.run(after)
        except Enough:
            pass
    print(json.dumps(curve))
