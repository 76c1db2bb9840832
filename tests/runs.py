"""The two small runs that many tests compare with, and how runs are compared."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import h5py

from dsage_mpi.rundir.metric_columns import TIMING_COLUMNS
from tests.support import REPOSITORY, clean_environment, python

TINY = [
    "-m",
    "dsage_mpi",
    "inputs/maze_tiny.toml",
    *("--set", "surrogate.threads=1"),
    *("--set", "algorithm.max_evaluations=50"),
    *("--set", "selection.coarse_dims=[16,9]"),
    *("--set", "report.figures=false"),
]
MAP_ELITES = [
    *TINY,
    *("--set", "algorithm.method=map_elites"),
    *("--set", "emitters.batch_size=3"),
    *("--set", "emitters.initial_population=6"),
]
OVERLAPPED = [
    *TINY,
    *("--set", "outer_loop.mode=overlapped"),
    *("--set", "selection.offspring=3"),
    *("--set", "surrogate.members=2"),
    *("--set", "selection.coarse_dims=[8,3]"),
]
BALANCED = [
    *TINY,
    *("--set", "inner_loop.iterations=balanced"),
    *("--set", "surrogate.max_steps=balanced"),
    *("--set", "surrogate.replay=2"),
    *("--set", "selection.coarse_dims=[8,3]"),
]
KEEP_ALL = ["--set", "checkpoint.keep=100"]
METHODS = {"dsage": TINY, "map_elites": MAP_ELITES, "overlapped": OVERLAPPED, "balanced": BALANCED}


def digest(run_dir: Path) -> str:
    done = python("-m", "dsage_mpi", "inspect", run_dir, "--digest")
    assert done.returncode == 0, done.stderr
    return done.stdout.split()[-1]


def finished(done: subprocess.CompletedProcess[str]) -> None:
    assert done.returncode == 0, f"--- stdout\n{done.stdout}\n--- stderr\n{done.stderr}"


def kill_when(arguments, path):
    """Starts the program and kills it, without warning, once ``path`` exists."""
    process = subprocess.Popen(
        [sys.executable, *map(str, arguments)],
        cwd=REPOSITORY,
        env=clean_environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 120
    while not path.exists():
        assert process.poll() is None, "the run ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.005)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()


def newest(run_dir):
    return max((run_dir / "checkpoints").glob("checkpoint-*.h5"))


def results(run_dir):
    """metrics.csv without the columns that a clock fills."""
    with (run_dir / "metrics.csv").open() as file:
        return [
            {k: v for k, v in row.items() if k not in TIMING_COLUMNS}
            for row in csv.DictReader(file)
        ]


def assert_no_difference(one, other):
    done = python("-m", "dsage_mpi", "diff", one, other)
    assert (done.returncode, done.stdout) == (0, "")


GROUPS = ("archive", "record", "surrogate", "optimizer", "search", "rng")


def assert_same_checkpoints(a, b):
    """Every array of archive, record and networks is equal, to the last bit."""
    with h5py.File(a) as first, h5py.File(b) as second:
        names: list[str] = []
        first.visit(names.append)
        compared = [
            name
            for name in names
            if name.split("/")[0] in GROUPS and isinstance(first[name], h5py.Dataset)
        ]
        assert len(compared) > 10
        for name in compared:
            assert first[name][()].tobytes() == second[name][()].tobytes(), name
