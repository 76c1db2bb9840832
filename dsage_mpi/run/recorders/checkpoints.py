"""Writes checkpoints: every few iterations, on request, and when the run stops."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from dsage_mpi.checkpoint.files import checkpoint_path, final_path
from dsage_mpi.checkpoint.files import prune as remove_old
from dsage_mpi.checkpoint.writer import CheckpointWriter, Written
from dsage_mpi.core.state import CheckpointError, Tree
from dsage_mpi.outer.loop import Step
from dsage_mpi.run.checkpoint_descriptions import DESCRIPTIONS
from dsage_mpi.run.parts import Parts
from dsage_mpi.run.recorders.base import Recorder
from dsage_mpi.rundir.logging import FILE_ONLY

_log = logging.getLogger("dsage_mpi.outer")

#: Least seconds of work between the last checkpoint and one in the middle of an iteration.
_MILESTONE_SECONDS = 60.0
#: Groups of a checkpoint whose arrays grow by rows alone.
_TABLES = ("record",)
#: A checkpoint is put off until the run has worked so many times as long as the last one took.
_LEAST_WORK = 20.0


class CheckpointRecorder(Recorder):
    """Saves the run.

    Args:
        parts: The run's parts.
        state: Returns what a checkpoint holds, as of the loop's last mark.
    """

    def __init__(self, parts: Parts, state: Callable[[], Tree]) -> None:
        self._parts, self._state = parts, state
        self._writer = CheckpointWriter(
            parts.config.checkpoint.writer,
            parts.resources.farm,
            parts.resources.ranks,
            _TABLES,
            DESCRIPTIONS,
            hosts=len({rank.host for rank in parts.resources.farm.stats()}),
        )
        self._seconds = 0.0
        self._last_written = time.monotonic()
        self._saved_iteration = -1
        #: Why the last checkpoint that was not written was not.
        self.obstacle: Exception | None = None

    def after_iteration(self, step: Step) -> None:
        """Writes a checkpoint if one is due."""
        if self._is_due(self._parts.loop.iteration):
            self.save_iteration()

    @property
    def needs_ranks_next(self) -> bool:
        """Whether all ranks may have to write a checkpoint when the present iteration ends.

        Rank 0 would write it alone if they were simulating.
        """
        return self._writer.may_use_ranks and self._is_due(self._parts.loop.iteration + 1)

    def on_stop(self, reason: str) -> None:
        """Writes the final checkpoint."""
        self.save_final()

    def load_state(self, tree: Tree) -> None:
        """Takes over what a checkpoint took, and that the present iteration is saved."""
        # Until this start has written one.
        known = [row["checkpoint_s"] for row in self._parts.metrics.rows if row["checkpoint_s"]]
        self._parts.resources.requests.deadline.checkpoint_took(float(known[-1] if known else 0.0))
        self._saved_iteration = self._parts.loop.iteration

    def save_iteration(self) -> bool:
        """Writes a checkpoint of the present state, unless the newest one is just that.

        Returns:
            Whether the present state is on disk.
        """
        iteration = self._parts.loop.iteration
        if self._saved_iteration != iteration and self.save_now():
            self._saved_iteration = iteration
        return self._saved_iteration == iteration

    def save_milestone(self) -> None:
        """Saves costly work in the middle of an iteration, in the checkpoint of its beginning."""
        if time.monotonic() - self._last_written >= _MILESTONE_SECONDS:
            self.save_now()

    def save_now(self) -> bool:
        """Writes what can be saved, whatever was written before; says whether it is on disk."""
        parts = self._parts
        return self._write(checkpoint_path(parts.directory.path, parts.loop.iteration), prune=True)

    def save_final(self) -> bool:
        """Writes the checkpoint of a run that stops; returns whether it is on disk."""
        return self._write(final_path(self._parts.directory.path))

    def _write(self, path: Path, prune: bool = False) -> bool:
        """Writes one checkpoint, removes old ones, and returns whether it is there.

        A disk that refuses costs a warning: the run goes on, earlier checkpoints stay.
        """
        start = time.perf_counter()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)  # somebody may have tidied up
            written = self._writer.write(path, self._state(), self._attributes())
        except (CheckpointError, OSError) as error:
            _log.warning("%s; the run goes on, earlier checkpoints are untouched", error)
            self.obstacle = error
            return False
        finally:
            self._last_written = time.monotonic()
            self._seconds = time.perf_counter() - start
            self._parts.checkpoint_times.add(self._seconds)
        self._account_for(path, written)
        if prune:  # before the journal lets go: until then an old final.h5 is the newest
            settings = self._parts.config.checkpoint
            remove_old(self._parts.directory.path, settings.keep, settings.keep_every)
        self._parts.journaled_farm.journal.checkpointed(len(self._parts.loop.record))
        self._parts.resources.requests.deadline.checkpoint_took(self._seconds)
        self._parts.resources.status.update(checkpoint=path.name, checkpoint_time=time.time())
        return True

    def _account_for(self, path: Path, written: Written) -> None:
        self._parts.checkpoint_times.size = written.size
        _log.info(
            "%s: %.1f MB in %.2f s, written by %d rank(s)",
            path.name,
            written.size / 1e6,
            written.seconds,
            written.ranks,
            extra=FILE_ONLY,
        )

    def _attributes(self) -> dict[str, str | int | float | bool]:
        """Root attributes of a checkpoint that is written now."""
        return {
            **self._parts.header.attributes,
            "iteration": self._parts.loop.iteration,
            "evaluations": len(self._parts.loop.record),
            "time": datetime.now().astimezone().isoformat(timespec="seconds"),
        }

    def _is_due(self, iteration: int) -> bool:
        settings = self._parts.config.checkpoint
        if iteration % settings.every:
            return False
        least = max(settings.min_seconds, _LEAST_WORK * self._seconds)
        return settings.min_seconds == 0 or time.monotonic() - self._last_written >= least
