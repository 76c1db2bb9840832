"""What happens after each outer iteration: metrics, failures, checkpoint."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from dsage_mpi.checkpoint.files import checkpoint_path, prune
from dsage_mpi.checkpoint.hdf5 import write_tree
from dsage_mpi.checkpoint.tree import CheckpointError, Tree
from dsage_mpi.farm import idle_share
from dsage_mpi.outer.loop import OuterLoop, Step
from dsage_mpi.outer.phases import Phases
from dsage_mpi.report.failures import FailureLog
from dsage_mpi.report.metrics import Metrics
from dsage_mpi.report.progress import Progress
from dsage_mpi.report.run_directory import RunDirectory
from dsage_mpi.search.archive import coverage, qd_score
from dsage_mpi.surrogate.accuracy import measure_key

if TYPE_CHECKING:
    from dsage_mpi.farm import Farm

_log = logging.getLogger("dsage_mpi.outer")

#: Phase -> column of metrics.csv.
_PHASE_COLUMNS = {"train": "train_s", "inner": "inner_s", "evaluate": "evaluate_s"}


class Observer:
    """Writes down what the outer loop does; the loop does not depend on any of it.

    Args:
        loop: The search that is watched.
        farm: Asked for idle shares.
        directory: Where everything is written.
        progress: The display.
        phases: The clock of the loop's phases.
        header: Parts of every checkpoint that never change (configuration, versions).
    """

    def __init__(
        self,
        loop: OuterLoop,
        farm: Farm,
        directory: RunDirectory,
        progress: Progress,
        phases: Phases,
        header: Tree,
    ) -> None:
        self._loop, self._farm = loop, farm
        self._directory, self._progress, self._phases = directory, progress, phases
        self._header = header
        self.metrics = Metrics(directory.metrics, loop.config.archive.measures)
        self._failures = FailureLog(directory.failures)
        # What an earlier start left that never reached a checkpoint happens again.
        self._failures.load_state({"count": 0})
        self._iteration_began = time.perf_counter()
        self._checkpoint_seconds = 0.0
        self._last_checkpoint = time.monotonic()
        self._saved_iteration = -1

    def after_iteration(self, step: Step) -> None:
        """Records one outer iteration."""
        self._log_failures(step)
        row = {**self._result_columns(step), **self._timing_columns()}
        self.metrics.append(row)
        self._progress.iteration(row)
        if self._checkpoint_is_due():
            self.checkpoint()
        self._iteration_began = time.perf_counter()

    def checkpoint(self) -> None:
        """Writes a checkpoint of the present state, unless the newest one is just that.

        A disk that refuses costs a warning: the run goes on, earlier checkpoints stay.
        """
        if self._saved_iteration == self._loop.iteration:
            return
        start = time.perf_counter()
        path = checkpoint_path(self._directory.path, self._loop.iteration)
        try:
            write_tree(path, self.state())
        except CheckpointError as error:
            _log.warning("%s; the run goes on, earlier checkpoints are untouched", error)
        else:
            self._saved_iteration = self._loop.iteration
            prune(self._directory.path, self._loop.config.checkpoint.keep)
        self._last_checkpoint = time.monotonic()
        self._checkpoint_seconds = time.perf_counter() - start

    def state(self) -> Tree:
        """The whole run as one tree."""
        return {
            **self._header,
            **self._loop.state(),
            "metrics": self.metrics.state(),
            "failures": self._failures.state(),
        }

    def load_state(self, tree: Tree) -> None:
        """Goes back to a checkpoint: later rows and failures are dropped from the files."""
        self.metrics.load_state(tree["metrics"])
        self._failures.load_state(tree["failures"])
        self._saved_iteration = self._loop.iteration

    def _checkpoint_is_due(self) -> bool:
        settings = self._loop.config.checkpoint
        if self._loop.iteration % settings.every:
            return False
        return time.monotonic() - self._last_checkpoint >= settings.min_seconds

    def _log_failures(self, step: Step) -> None:
        batch = step.batch
        for position, reason in sorted(batch.reasons.items()):
            number = batch.first + position
            solution = batch.solutions[position]
            _log.warning("evaluation %d failed: %s", number, reason.strip().splitlines()[-1])
            self._failures.append(
                {
                    "evaluation": number,
                    "iteration": self._loop.iteration,
                    "reason": reason,
                    "solution": solution,
                    "level": self._loop.domain.bare_levels(solution[None])[0],
                }
            )

    def _result_columns(self, step: Step) -> dict[str, Any]:
        archive, status = self._loop.archive, step.add_info["status"]
        best = mean = None
        if not archive.empty:
            objective = archive.data("objective")
            best, mean = float(objective.max()), float(np.sort(objective).mean())
        cells = archive.index_of(step.batch.evaluations.measures)
        ok = status[step.batch.succeeded]
        return {
            "iteration": self._loop.iteration,
            "evaluations": len(self._loop.record),
            "failures": int(self._loop.record["failed"].sum()),
            "archive_size": len(archive),
            "coverage": coverage(archive),
            "qd_score": qd_score(archive),
            "objective_best": best,
            "objective_mean": mean,
            "new_cells": len(np.unique(cells[ok == 2])),
            "improved_cells": len(np.unique(cells[ok == 1])),
            "selected": len(step.proposal.solutions),
            **step.proposal.notes,
            **self._error_columns(step.errors),
        }

    def _error_columns(self, errors: dict[str, float]) -> dict[str, float]:
        """Mean absolute errors under the names of the configured measures."""
        measures = self._loop.config.archive.measures
        names = {"objective": "objective", "occupancy": "occupancy"} | {
            measure_key(number): name for number, name in enumerate(measures)
        }
        return {
            f"{names[head]}_mae": errors[f"{head}_mae"] for head in names if f"{head}_mae" in errors
        }

    def _timing_columns(self) -> dict[str, Any]:
        phases = self._phases.take()
        seconds = {column: phases.get(name) for name, column in _PHASE_COLUMNS.items()}
        return {
            **seconds,
            "checkpoint_s": self._checkpoint_seconds,
            "total_s": time.perf_counter() - self._iteration_began,
            "idle_share": idle_share(self._farm.lap()),
        }
