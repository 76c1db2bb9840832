"""The dispatch policy alone, played in virtual time: no MPI, no clock, no noise of the machine."""

from __future__ import annotations

import heapq
from typing import Any

from dsage_mpi.farm.scheduling import Pace, plan
from dsage_mpi.farm.settings import FarmSettings


def makespan(
    seconds: Any, workers: int, settings: FarmSettings, cost: Any = None, answer: float = 0.0
) -> float:
    """When the last task ends.

    Args:
        seconds: (n,) how long each task takes.
        workers: Number of ranks that simulate.
        settings: The policy.
        cost: (n,) predictions, or None.
        answer: Seconds from the end of a chunk until rank 0 has reacted to it.
    """
    chunks = plan(len(seconds), workers, 10**6, settings, Pace(), cost)
    waiting = [0] * workers
    free_at = [0.0] * workers
    reactions: list[tuple[float, int, Any, float]] = []

    def feed(worker: int, now: float) -> bool:
        if waiting[worker] > settings.prefetch:
            return False
        indices = chunks.next(worker, waiting[worker])
        if indices is None:
            return False
        took = float(seconds[indices].sum())
        free_at[worker] = max(free_at[worker], now) + took
        heapq.heappush(reactions, (free_at[worker] + answer, worker, tuple(indices), took))
        waiting[worker] += 1
        return True

    for _ in range(1 + settings.prefetch):
        for worker in range(workers):
            feed(worker, 0.0)
    end = 0.0
    while reactions:
        end, worker, indices, took = heapq.heappop(reactions)
        waiting[worker] -= 1
        chunks.finished(list(indices), took)  # type: ignore[arg-type]
        while feed(worker, end):
            pass
    return end
