"""Which tasks a worker gets next. Pure bookkeeping: no MPI, no clock, no influence on results."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from dsage_mpi.farm.settings import FarmSettings

#: An automatic chunk takes this part of one worker's share of what is left.
_SHARE = 1 / 4
#: Size of automatic chunks while no task has been timed yet.
_UNTIMED_CHUNK = 4
#: Prefetching stops when fewer chunks than this per worker are left: a task that waits behind a
#: long one could be running on another worker.
_CHUNKS_LEFT_TO_PREFETCH = 2


class Plan(Protocol):
    """Deals out the tasks of one evaluation, each once unless it is given back."""

    def next(self, worker: int, waiting: int) -> NDArray[np.intp] | None:
        """Task indices ((k,), k >= 1) for a worker, or None if it should get nothing now.

        Args:
            worker: Position among the workers, 0 to ``workers - 1``.
            waiting: Chunks that it holds already.
        """
        ...

    def finished(self, indices: NDArray[np.intp], seconds: float) -> None:
        """A chunk that ``next`` gave out took ``seconds``."""
        ...

    def withdraw(self, worker: int, indices: NDArray[np.intp]) -> None:
        """A worker asks no more: others get what only it would have got, and what it gives back.

        Args:
            worker: Position among the workers; may be named again with further tasks.
            indices: (k,) tasks that it was given and has not simulated; k may be 0.
        """
        ...


class StaticPlan:
    """One equal, contiguous share per worker, in pieces that keep it busy for a while at most."""

    def __init__(
        self, count: int, workers: int, most: int, settings: FarmSettings, pace: Pace
    ) -> None:
        bounds = np.linspace(0, count, workers + 1).astype(np.intp)
        self._next = bounds[:-1].copy()
        self._stop = bounds[1:]
        self._given_back = np.zeros(0, np.intp)
        self._most = most
        self._settings = settings
        self._pace = pace

    def next(self, worker: int, waiting: int) -> NDArray[np.intp] | None:
        """The next piece of the worker's own share, then of what others gave back."""
        size = self._size()
        start = int(self._next[worker])
        stop = min(int(self._stop[worker]), start + size)
        if start < stop:
            self._next[worker] = stop
            return np.arange(start, stop)
        piece, self._given_back = self._given_back[:size], self._given_back[size:]
        return piece if len(piece) else None

    def finished(self, indices: NDArray[np.intp], seconds: float) -> None:
        """Learns how long a task takes."""
        self._pace.add(len(indices), seconds)

    def withdraw(self, worker: int, indices: NDArray[np.intp]) -> None:
        """Whoever is through with its own share gets these."""
        own = np.arange(self._next[worker], self._stop[worker])
        self._next[worker] = self._stop[worker]
        self._given_back = np.concatenate([self._given_back, indices, own])

    def _size(self) -> int:
        # A whole share in one message would keep its results from rank 0 until the last is there.
        fitting = self._pace.weight_in(self._settings.chunk_seconds)
        return max(1, int(min(self._most, fitting)))


class DynamicPlan:
    """Whoever is free gets the next chunk; longest predicted tasks first, chunks end small."""

    def __init__(
        self,
        count: int,
        workers: int,
        most: int,
        settings: FarmSettings,
        pace: Pace,
        cost: NDArray[Any] | None = None,
    ) -> None:
        self._weights = relative_weights(count, cost)
        self._workers = workers
        self._most = most
        self._settings = settings
        self._pace = pace
        self._position = 0
        self._line_up(np.arange(count))

    def next(self, worker: int, waiting: int) -> NDArray[np.intp] | None:
        """The next tasks in the order of dispatch."""
        left = len(self._order) - self._position
        if left == 0:
            return None
        size = self._size(left)
        if waiting and left < _CHUNKS_LEFT_TO_PREFETCH * self._workers * size:
            return None
        start, self._position = self._position, self._position + size
        return self._order[start : self._position]

    def finished(self, indices: NDArray[np.intp], seconds: float) -> None:
        """Learns how long a task of average weight takes."""
        self._pace.add(float(self._weights[indices].sum()), seconds)

    def withdraw(self, worker: int, indices: NDArray[np.intp]) -> None:
        """Puts the tasks back where the order of dispatch has them."""
        if len(indices):
            self._line_up(np.sort(np.concatenate([indices, self._order[self._position :]])))

    def _line_up(self, indices: NDArray[np.intp]) -> None:
        """These tasks are left."""
        self._order = indices[np.argsort(-self._weights[indices], kind="stable")]
        #: Weight of the first k tasks in that order; k = 0 .. all of them.
        self._sums = np.concatenate([[0.0], np.cumsum(self._weights[self._order])])
        self._position = 0

    def _size(self, left: int) -> int:
        chunk = self._settings.chunk
        if chunk == "auto":
            weight = (self._sums[-1] - self._sums[self._position]) / self._workers * _SHARE
            limit = min(weight, self._pace.weight_in(self._settings.chunk_seconds))
            target = self._sums[self._position] + limit
            size = int(np.searchsorted(self._sums, target, side="right")) - 1 - self._position
        else:
            size = min(chunk, -(-left // self._workers))
        return max(1, min(size, self._most, left))


class Pace:
    """How long a task of average weight takes, learnt from finished batches."""

    def __init__(self) -> None:
        self._weight = 0.0
        self._seconds = 0.0

    def add(self, weight: float, seconds: float) -> None:
        """Books a finished batch; old batches are slowly forgotten."""
        self._weight = 0.99 * self._weight + weight
        self._seconds = 0.99 * self._seconds + seconds

    def weight_in(self, seconds: float) -> float:
        """Number of average tasks that fit into ``seconds``."""
        if self._weight == 0:
            return float(_UNTIMED_CHUNK)
        return seconds * self._weight / max(self._seconds, 1e-9)


def relative_weights(count: int, cost: NDArray[Any] | None) -> NDArray[np.float64]:
    """Predicted run times scaled to a mean of 1 ((count,) float64); ones without a prediction.

    A prediction is a hint: what is not a positive finite number counts as average.
    """
    if cost is None:
        return np.ones(count)
    weights = np.asarray(cost, np.float64)
    if weights.shape != (count,):
        raise ValueError(f"cost has shape {weights.shape}, expected ({count},): one per task")
    good = np.isfinite(weights) & (weights > 0)
    if not good.any():
        return np.ones(count)
    mean = float(weights[good].mean())
    return np.where(good, weights, mean) / mean


def plan(
    count: int,
    workers: int,
    most: int,
    settings: FarmSettings,
    pace: Pace,
    cost: NDArray[Any] | None = None,
) -> Plan:
    """The plan that ``settings`` ask for.

    Args:
        count: Number of tasks.
        workers: Number of ranks that simulate.
        most: Most tasks that one message may hold.
        settings: Dispatch mode and chunk size.
        pace: What earlier evaluations taught about task times; goes on learning.
        cost: (count,) predicted relative run times, or None.
    """
    if settings.dispatch == "static":
        return StaticPlan(count, workers, most, settings, pace)
    return DynamicPlan(count, workers, most, settings, pace, cost)
