"""Reads what a comparison needs of a run: its record's numbers, times and elites."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dsage_mpi.archives import Archives, build_archives
from dsage_mpi.checkpoint.files import checkpoints
from dsage_mpi.checkpoint.hdf5 import read_attributes, read_items
from dsage_mpi.config.load import config_from_toml
from dsage_mpi.config.schema import Config
from dsage_mpi.core.paths import kind_of
from dsage_mpi.core.state import CheckpointError, Tree
from dsage_mpi.rundir.run_directory import RunDirectory
from dsage_mpi.study.clock import Clock, clock_of
from dsage_mpi.study.history import History, replay

_ITEMS = (
    "config",
    *(f"record/{name}" for name in ("objective", "measures", "failed")),
    *(f"archive/{name}" for name in ("index", "objective", "evaluation")),
    "metrics/columns",
)
#: Of archives whose cells their settings alone do not tell.
_CELLS = ("cells",)


@dataclass(frozen=True)
class Elites:
    """The elites of a run, in the order of their cells.

    Attributes:
        index: (n,) cell, row-major.
        objective: (n,).
        evaluation: (n,) number of the evaluation that found each.
    """

    index: NDArray[np.int64]
    objective: NDArray[np.float64]
    evaluation: NDArray[np.int64]

    @property
    def qd_score(self) -> float:
        """Sum of the objectives, as ``metrics.csv`` has it."""
        return float(np.sum(self.objective))


@dataclass(frozen=True)
class StoredRun:
    """One run to be compared.

    Attributes:
        path: Where it is from.
        config: What ran.
        archives: What makes archives with its cells.
        history: Its scores after each evaluation.
        clock: When that was.
        elites: What it ended with.
    """

    path: Path
    config: Config
    archives: Archives
    history: History
    clock: Clock
    elites: Elites

    @cached_property
    def evaluations(self) -> int:
        """How many evaluations it has made."""
        return len(self.history.qd_score)

    @property
    def is_whole(self) -> bool:
        """Whether its budget is spent."""
        return self.evaluations >= self.config.algorithm.max_evaluations


def read_run(path: Path) -> StoredRun:
    """Reads a run directory's newest valid checkpoint, or one checkpoint.

    Raises:
        RunDirectoryError: There is no run.
        CheckpointError: It has no valid checkpoint (yet).
        ConfigError: This version cannot read its configuration any more.
    """
    file, items = _read_newest(path)
    config = config_from_toml(str(items["config"]), str(file))
    objective = np.asarray(items["record/objective"], np.float64)
    order = np.argsort(items["archive/index"], kind="stable")
    archives = build_archives(config.archive, config.seed, items)
    ranks = int(read_attributes(file).get("world_size", 1))
    return StoredRun(
        path=path,
        config=config,
        archives=archives,
        history=replay(
            archives,
            objective,
            np.asarray(items["record/measures"], np.float64),
            np.asarray(items["record/failed"], np.bool_),
        ),
        clock=clock_of(items["metrics/columns"], config, ranks, len(objective)),
        elites=Elites(
            *(
                np.asarray(items[f"archive/{n}"])[order]
                for n in ("index", "objective", "evaluation")
            )
        ),
    )


def read_runs(paths: Sequence[Path]) -> list[StoredRun]:
    """Reads many runs, in order.

    Raises:
        As ``read_run``.
    """
    return [read_run(path) for path in paths]


def _read_newest(path: Path) -> tuple[Path, Tree]:
    if kind_of(path) == "file":
        return path, read_items(path, _ITEMS, _CELLS)
    problems: list[Any] = []
    directory = RunDirectory.open(path)
    for file in reversed(checkpoints(directory.path)):
        try:
            return file, read_items(file, _ITEMS, _CELLS)
        except CheckpointError as error:
            problems.append(error)
    tried = "".join(f"\n  {problem}" for problem in problems)
    raise CheckpointError(f"no usable checkpoint in {path}{tried or ' yet'}")
