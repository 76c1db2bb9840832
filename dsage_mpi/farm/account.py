"""Rank 0's account of one evaluation: every task exactly once, and the progress hook."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dsage_mpi.farm.interface import PROGRESS_SECONDS, FarmError, OnProgress, OnResults
from dsage_mpi.farm.outcome import Outcome


@dataclass(frozen=True)
class Chunk:
    """A finished chunk.

    Attributes:
        indices: (k,) task indices.
        results: (k,) of the result dtype.
        failed: (k,) bool or uint8.
        seconds: (k,) time spent on each.
        reasons: Position in the chunk -> failure text.
    """

    indices: NDArray[np.intp]
    results: NDArray[Any]
    failed: NDArray[Any]
    seconds: NDArray[np.float64]
    reasons: dict[int, str]

    def take(self, positions: NDArray[np.intp]) -> Chunk:
        """The chunk of these ((m,)) positions alone."""
        places = {int(old): new for new, old in enumerate(positions)}
        return Chunk(
            self.indices[positions],
            self.results[positions],
            self.failed[positions],
            self.seconds[positions],
            {places[old]: text for old, text in self.reasons.items() if old in places},
        )


class EvaluationAccount:
    """Fills an ``Outcome`` chunk by chunk."""

    def __init__(
        self,
        count: int,
        result_dtype: np.dtype[Any],
        on_results: OnResults | None = None,
        texts: dict[str, str] | None = None,
    ) -> None:
        """Starts with nothing done.

        Args:
            count: Number of tasks.
            result_dtype: Of their results.
            on_results: See ``Farm.evaluate``.
            texts: Failure texts seen before, each its own value; takes in new ones. A run may fail
                a million times for one reason, of thousands of characters.
        """
        self.outcome = Outcome.empty(count, result_dtype)
        self.done = 0
        self._seen = np.zeros(count, bool)
        self._failed = 0
        self._on_progress: OnProgress | None = None
        self._on_results = on_results
        self._texts = {} if texts is None else texts
        self._next_call = time.perf_counter() + PROGRESS_SECONDS

    @property
    def complete(self) -> bool:
        """Whether every task has been booked."""
        return self.done == len(self._seen)

    def missing(self, indices: NDArray[np.intp]) -> NDArray[np.intp]:
        """Positions ((m,)) of those of ``indices`` ((k,)) that have not been booked."""
        return np.flatnonzero(~self._seen[indices])

    def book(self, chunk: Chunk, rank: int) -> None:
        """Books what ``rank`` has run.

        Raises:
            FarmError: A task was booked before, or a failure has no reason (a bug of the farm).
        """
        indices, reasons = chunk.indices, chunk.reasons
        if len(chunk.results) != len(indices) or self._seen[indices].any():
            raise FarmError(f"rank {rank} answered for tasks that it was not asked for")
        if len(reasons) != np.count_nonzero(chunk.failed):
            raise FarmError(f"rank {rank} reported {len(reasons)} reasons for its failed tasks")
        self._seen[indices] = True
        outcome = self.outcome
        outcome.results[indices] = chunk.results
        outcome.failed[indices] = chunk.failed
        outcome.seconds[indices] = chunk.seconds
        outcome.ranks[indices] = rank
        reasons = {at: self._texts.setdefault(text, text) for at, text in reasons.items()}
        for position, reason in reasons.items():
            outcome.reasons[int(indices[position])] = reason
        self.done += len(indices)
        self._failed += len(reasons)
        if self._on_results is not None:
            self._on_results(indices, outcome.results[indices], reasons)

    def report_to(self, on_progress: OnProgress | None) -> None:
        """Whom to call from now on; see ``RunningEvaluation.finish``."""
        self._on_progress = on_progress

    def report(self) -> None:
        """Calls the progress hook if it is time to."""
        if self._on_progress is not None and time.perf_counter() >= self._next_call:
            self._on_progress(self.done, self._failed)
            self._next_call = time.perf_counter() + PROGRESS_SECONDS

    def finish(self) -> Outcome:
        """The complete outcome, its failures in task order."""
        reasons = self.outcome.reasons
        in_order = {index: reasons[index] for index in sorted(reasons)}
        reasons.clear()
        reasons.update(in_order)
        if self._on_progress is not None:
            self._on_progress(self.done, self._failed)
        return self.outcome
