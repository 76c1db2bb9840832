"""What happens after each outer iteration: metrics, failures, checkpoint."""

from __future__ import annotations

import logging
import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dsage_mpi.checkpoint.files import checkpoint_path, final_path
from dsage_mpi.checkpoint.files import prune as remove_old
from dsage_mpi.checkpoint.writer import CheckpointWriter
from dsage_mpi.core.domain import known_objective
from dsage_mpi.core.state import CheckpointError, Tree
from dsage_mpi.farm import idle_share
from dsage_mpi.outer.loop import OuterLoop, Step
from dsage_mpi.outer.phases import Phases
from dsage_mpi.outer.statistics import iteration_results
from dsage_mpi.outer.surrogate_check import worse_than_constant
from dsage_mpi.run.checkpoint_about import ABOUT
from dsage_mpi.run.checkpoint_header import Header
from dsage_mpi.run.progress import Progress
from dsage_mpi.rundir.failures import FailureLog
from dsage_mpi.rundir.logging import FILE_ONLY
from dsage_mpi.rundir.metrics import Metrics, MetricsError
from dsage_mpi.rundir.run_directory import RunDirectory

if TYPE_CHECKING:
    from dsage_mpi.farm import Farm
    from dsage_mpi.run.time_limit import Deadline
    from dsage_mpi.rundir.journal import Journal
    from dsage_mpi.rundir.status import StatusFile

_log = logging.getLogger("dsage_mpi.outer")

#: Least seconds of work between the last checkpoint and one in the middle of an iteration.
_MILESTONE_SECONDS = 60.0
#: Groups of a checkpoint whose arrays grow by rows alone.
_TABLES = ("record",)
#: A checkpoint is put off until the run has worked so many times as long as the last one took.
_LEAST_WORK = 20.0
#: Columns of metrics.csv that the status shows.
_STATUS_COLUMNS = ("iteration", "evaluations", "failures", "archive_size", "coverage", "qd_score")
#: Phase -> column of metrics.csv.
_PHASE_COLUMNS = {
    "train_s": ("train",),
    "inner_s": ("inner", "select"),
    "evaluate_s": ("evaluate",),
}


class Observer:
    """Writes down what the outer loop does; the loop does not depend on any of it.

    Args:
        loop: The search that is watched.
        farm: Asked for idle shares, and to help with checkpoints.
        directory: Where everything is written.
        progress: The display.
        phases: The clock of the loop's phases.
        header: Parts of every checkpoint that never change.
        journal: Starts afresh with every checkpoint.
        deadline: Learns what a checkpoint takes.
        status: Told how far the run is.
    """

    def __init__(
        self,
        loop: OuterLoop,
        farm: Farm,
        directory: RunDirectory,
        progress: Progress,
        phases: Phases,
        header: Header,
        journal: Journal | None = None,
        deadline: Deadline | None = None,
        status: StatusFile | None = None,
    ) -> None:
        self._loop, self._farm = loop, farm
        self._directory, self._progress, self._phases = directory, progress, phases
        self._header = header
        self._writer = CheckpointWriter(
            loop.config.checkpoint.writer,
            farm,
            int(header.attributes["world_size"]),
            _TABLES,
            ABOUT,
        )
        self._journal, self._deadline, self._status = journal, deadline, status
        self.metrics = Metrics(directory.metrics, loop.config.archive.measures)
        self._failures = FailureLog(directory.failures)
        # What an earlier start left that never reached a checkpoint happens again.
        self._failures.rewrite([])
        self._iteration_began = time.perf_counter()
        self._checkpoint_seconds = 0.0
        #: Since the last row of the metrics: seconds, None without a checkpoint, and bytes.
        self._row_checkpoint_seconds: float | None = None
        self._row_checkpoint_bytes: int | None = None
        self._last_checkpoint = time.monotonic()
        self._saved_iteration = -1
        #: Why the last checkpoint that was not written was not.
        self.obstacle: Exception | None = None

    def after_iteration(self, step: Step) -> None:
        """Records one outer iteration."""
        self._log_failures(step)
        row = {**iteration_results(self._loop, step), **self._timing_columns()}
        self.metrics.append(row)
        self._progress.iteration(row)
        if step.errors:
            self._warn_of_surrogate()
        self.tell_status()
        if self._checkpoint_is_due():
            self.checkpoint()

    def tell_status(self) -> None:
        """Passes on what the newest row of the metrics says."""
        row = self.metrics.last
        if self._status is not None and row is not None:
            self._status.update(**{name: row[name] for name in _STATUS_COLUMNS})

    def checkpoint(self) -> bool:
        """Writes a checkpoint of the present state, unless the newest one is just that.

        Returns:
            Whether the present state is on disk.
        """
        if self._saved_iteration != self._loop.iteration and self.save_now():
            self._saved_iteration = self._loop.iteration
        return self._saved_iteration == self._loop.iteration

    def milestone(self) -> None:
        """Saves costly work in the middle of an iteration, in the checkpoint of its beginning."""
        if time.monotonic() - self._last_checkpoint >= _MILESTONE_SECONDS:
            self.save_now()

    def save_now(self) -> bool:
        """Writes what can be saved, whatever was written before; says whether it is on disk."""
        return self._write(checkpoint_path(self._directory.path, self._loop.iteration), prune=True)

    def final(self) -> Path | None:
        """Writes the checkpoint of a run that stops; None if that failed."""
        path = final_path(self._directory.path)
        return path if self._write(path) else None

    def _write(self, path: Path, prune: bool = False) -> bool:
        """Writes one checkpoint, removes old ones, and returns whether it is there.

        A disk that refuses costs a warning: the run goes on, earlier checkpoints stay.
        """
        start = time.perf_counter()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)  # somebody may have tidied up
            written = self._writer.write(path, self.state(), self._attributes())
        except (CheckpointError, OSError) as error:
            _log.warning("%s; the run goes on, earlier checkpoints are untouched", error)
            self.obstacle = error
            return False
        finally:
            self._last_checkpoint = time.monotonic()
            self._checkpoint_seconds = time.perf_counter() - start
            earlier = self._row_checkpoint_seconds or 0.0
            self._row_checkpoint_seconds = earlier + self._checkpoint_seconds
        self._row_checkpoint_bytes = written.size
        _log.info(
            "%s: %.1f MB in %.2f s, written by %d rank(s)",
            path.name,
            written.size / 1e6,
            written.seconds,
            written.ranks,
            extra=FILE_ONLY,
        )
        if prune:  # before the journal lets go: until then an old final.h5 is the newest
            settings = self._loop.config.checkpoint
            remove_old(self._directory.path, settings.keep, settings.keep_every)
        if self._journal is not None:
            self._journal.checkpointed(len(self._loop.record))
        if self._deadline is not None:
            self._deadline.checkpoint_took(self._checkpoint_seconds)
        if self._status is not None:
            self._status.update(checkpoint=path.name, checkpoint_time=time.time())
        return True

    def state(self) -> Tree:
        """The whole run as one tree."""
        tree = self._loop.state()
        return {
            **self._header.tree,
            **tree,
            "metrics": self.metrics.state(),
        }

    def _attributes(self) -> dict[str, str | int | float | bool]:
        """Root attributes of a checkpoint that is written now."""
        return {
            **self._header.attributes,
            "iteration": self._loop.iteration,
            "evaluations": len(self._loop.record),
            "time": datetime.now().astimezone().isoformat(timespec="seconds"),
        }

    def load_state(self, tree: Tree) -> None:
        """Goes back to a checkpoint: later rows and failures are dropped from the files."""
        try:
            self.metrics.load_state(tree["metrics"])
        except MetricsError as error:
            raise CheckpointError(f"{error}; was it written by another version?") from error
        if self._deadline is not None:  # until this start has written one
            known = [row["checkpoint_s"] for row in self.metrics.rows if row["checkpoint_s"]]
            self._deadline.checkpoint_took(float(known[-1] if known else 0.0))
        self.tell_status()
        self._failures.rewrite(
            self._failure(number) for number in sorted(self._loop.record.reasons)
        )
        self._saved_iteration = self._loop.iteration

    def _checkpoint_is_due(self) -> bool:
        settings = self._loop.config.checkpoint
        if self._loop.iteration % settings.every:
            return False
        least = max(settings.min_seconds, _LEAST_WORK * self._checkpoint_seconds)
        return settings.min_seconds == 0 or time.monotonic() - self._last_checkpoint >= least

    def _log_failures(self, step: Step) -> None:
        for position in sorted(step.batch.reasons):
            failure = self._failure(step.batch.first + position)
            last_line = failure["reason"].strip().splitlines()[-1]
            _log.warning("evaluation %d failed: %s", failure["evaluation"], last_line)
            self._failures.append(failure)

    def _failure(self, number: int) -> dict[str, Any]:
        """What ``failures.jsonl`` says of failed evaluation ``number``."""
        record = self._loop.record
        return {
            "evaluation": number,
            "iteration": int(record["iteration"][number]) + 1,  # counted as in metrics.csv
            "reason": record.reasons[number],
            "solution": record["solution"][number],
            "level": record["level"][number],
        }

    def _warn_of_surrogate(self) -> None:
        """Says when the surrogate costs time for nothing."""
        for text in worse_than_constant(self.metrics.rows, self._predicted()):
            _log.warning("%s", text)

    def _predicted(self) -> list[str]:
        """Objective and measures that the surrogate predicts, rather than read off the level."""
        config, domain = self._loop.config, self._loop.domain
        level = self._loop.record["level"][:1]
        predicted = {"objective": True, **dict.fromkeys(config.archive.measures, True)}
        if config.surrogate.known_objective:
            predicted["objective"] = bool(np.isnan(known_objective(domain, level)).all())
        if config.surrogate.known_measures:
            known = domain.known_measures(level)[0]
            predicted |= dict(zip(config.archive.measures, np.isnan(known).tolist(), strict=True))
        return [name for name, guessed in predicted.items() if guessed]

    def _timing_columns(self) -> dict[str, Any]:
        """What the time since the last row went into; adds up, so every second counts once."""
        phases = self._phases.take()
        began, self._iteration_began = self._iteration_began, time.perf_counter()
        spent, self._row_checkpoint_seconds = self._row_checkpoint_seconds, None
        size, self._row_checkpoint_bytes = self._row_checkpoint_bytes, None
        return {
            **{
                column: sum(phases[name] for name in names if name in phases) or None
                for column, names in _PHASE_COLUMNS.items()
            },
            "checkpoint_s": spent,
            "checkpoint_mb": None if size is None else size / 1e6,
            "total_s": self._iteration_began - began,
            "idle_share": idle_share(self._farm.lap()),
        }
