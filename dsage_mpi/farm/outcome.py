"""What the farm hands back: results in task order, failures, and who was busy how long."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Outcome:
    """Results of ``n`` tasks, in task order, whatever rank ran them and when.

    Attributes:
        results: (n,) of the result dtype; zeros where the task failed.
        failed: (n,) bool.
        reasons: Task index -> why it failed (traceback text), one for each failed task.
        seconds: (n,) float64, how long each task took; tasks of one batch share its time evenly.
            For statistics only: it differs from run to run.
        ranks: (n,) int32, the rank that ran each task. For statistics only.
    """

    results: NDArray[Any]
    failed: NDArray[np.bool_]
    reasons: dict[int, str]
    seconds: NDArray[np.float64]
    ranks: NDArray[np.int32]

    @classmethod
    def empty(cls, count: int, result_dtype: np.dtype[Any]) -> Outcome:
        """An outcome of ``count`` tasks to be filled in."""
        return cls(
            results=np.zeros(count, result_dtype),
            failed=np.zeros(count, bool),
            reasons={},
            seconds=np.zeros(count, np.float64),
            ranks=np.full(count, -1, np.int32),
        )


@dataclass(frozen=True)
class RankStats:
    """What one simulating rank did during ``busy_seconds + idle_seconds``.

    Attributes:
        rank: Its rank in the world.
        host: Name of the machine it runs on.
        tasks: Tasks it ran, failed ones included.
        failures: Tasks that failed.
        batches: Calls of the simulator's batch (messages that it was sent).
        busy_seconds: Time spent on tasks.
        idle_seconds: The rest: waiting for tasks, also while rank 0 trains or searches.
    """

    rank: int
    host: str
    tasks: int = 0
    failures: int = 0
    batches: int = 0
    busy_seconds: float = 0.0
    idle_seconds: float = 0.0

    @property
    def idle_share(self) -> float:
        """Idle part of the rank's time, 0 to 1 (0 if there was no time)."""
        total = self.busy_seconds + self.idle_seconds
        return self.idle_seconds / total if total > 0 else 0.0

    def since(self, earlier: RankStats) -> RankStats:
        """What happened after ``earlier``, an older count of the same rank."""
        return replace(
            self,
            tasks=self.tasks - earlier.tasks,
            failures=self.failures - earlier.failures,
            batches=self.batches - earlier.batches,
            busy_seconds=self.busy_seconds - earlier.busy_seconds,
            idle_seconds=max(0.0, self.idle_seconds - earlier.idle_seconds),
        )


def idle_share(stats: list[RankStats]) -> float:
    """Idle part of all ranks' time together, 0 to 1."""
    busy = sum(entry.busy_seconds for entry in stats)
    total = busy + sum(entry.idle_seconds for entry in stats)
    return 1.0 - busy / total if total > 0 else 0.0


class Ledger:
    """Rank 0's account of every simulating rank, kept as results arrive."""

    def __init__(self, hosts: dict[int, str], opened: float) -> None:
        """Starts counting.

        Args:
            hosts: Simulating rank -> name of its machine.
            opened: Clock reading (seconds) when the ranks became ready.
        """
        self._opened = opened
        self._counts = {rank: _Counts() for rank in hosts}
        self._hosts = hosts
        self._lap: dict[int, RankStats] = {}

    def add(self, rank: int, tasks: int, failures: int, busy_seconds: float) -> None:
        """Books one finished batch of ``tasks`` tasks."""
        counts = self._counts[rank]
        counts.tasks += tasks
        counts.failures += failures
        counts.batches += 1
        counts.busy_seconds += busy_seconds

    def add_answer(self, rank: int, busy_seconds: float) -> None:
        """Books what a rank computed beside its simulations."""
        self._counts[rank].busy_seconds += busy_seconds

    def totals(self, now: float) -> list[RankStats]:
        """Counts since the ranks became ready, by rank; ``now`` is a clock reading in seconds."""
        elapsed = now - self._opened
        return [
            RankStats(
                rank=rank,
                host=self._hosts[rank],
                tasks=counts.tasks,
                failures=counts.failures,
                batches=counts.batches,
                busy_seconds=counts.busy_seconds,
                idle_seconds=max(0.0, elapsed - counts.busy_seconds),
            )
            for rank, counts in self._counts.items()
        ]

    def lap(self, now: float) -> list[RankStats]:
        """Counts since the last call of this method (or since the start), by rank."""
        totals = self.totals(now)
        laps = [
            entry.since(self._lap.get(entry.rank, RankStats(entry.rank, entry.host)))
            for entry in totals
        ]
        self._lap = {entry.rank: entry for entry in totals}
        return laps


@dataclass
class _Counts:
    """Running totals of one rank; mutable, because this is the hot path."""

    tasks: int = 0
    failures: int = 0
    batches: int = 0
    busy_seconds: float = 0.0
