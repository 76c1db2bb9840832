"""A small simulator that can misbehave in every way a task asks for."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dsage_mpi.core.domain import SimulatorLostError, TasksFailedError

TASK = np.dtype([("seed", "<u8"), ("kind", "<i2"), ("payload", "<f4", (3,))])
RESULT = np.dtype([("seed", "<u8"), ("value", "<f8"), ("inner", [("grid", "<f4", (2, 3))])])


class Kind(IntEnum):
    """What a task makes the simulator do."""

    FINE = 0
    RAISE = 1
    WRONG_DTYPE = 2
    NAN = 3
    SYSTEM_EXIT = 4
    INTERRUPT = 5
    WRONG_LENGTH = 6
    NO_ARRAY = 7
    SPOIL_TASKS = 8
    BLAMED = 9  # the simulator itself says that this one failed
    LOST = 10


def make_tasks(count: int, kinds: dict[int, Kind] | None = None) -> NDArray[Any]:
    """(count,) tasks; ``kinds`` names those that are not fine."""
    tasks = np.zeros(count, TASK)
    tasks["seed"] = np.arange(count) * 7919 + 13
    tasks["payload"] = np.arange(3 * count).reshape(count, 3) / 3
    for index, kind in (kinds or {}).items():
        tasks["kind"][index] = kind
    return tasks


def expected(tasks: NDArray[Any]) -> NDArray[Any]:
    """The results of ``tasks``; zeros where they fail."""
    results = np.zeros(len(tasks), RESULT)
    for position, task in enumerate(tasks):
        if task["kind"] == Kind.FINE:
            rng = np.random.default_rng(int(task["seed"]))
            results["seed"][position] = task["seed"]
            results["value"][position] = rng.normal() + task["payload"].sum()
            results["inner"]["grid"][position] = rng.random((2, 3))
    return results


class ToySimulator:
    """Answers after ``delay(task)`` seconds per task."""

    def __init__(self, delay: Callable[[Any], float] | None = None) -> None:
        self.calls: list[int] = []
        self.closed = False
        self._delay = delay

    def close(self) -> None:
        self.closed = True

    def __call__(self, tasks: NDArray[Any]) -> Any:
        self.calls.append(len(tasks))
        if self._delay is not None:
            time.sleep(sum(self._delay(task) for task in tasks))
        kinds = set(tasks["kind"].tolist())
        if Kind.SPOIL_TASKS in kinds:
            tasks["seed"] = 0
            raise RuntimeError("spoilt the tasks")
        if Kind.RAISE in kinds:
            raise ZeroDivisionError("the level divides by zero")
        if Kind.SYSTEM_EXIT in kinds:
            sys.exit(3)
        if Kind.INTERRUPT in kinds:
            raise KeyboardInterrupt
        if Kind.NO_ARRAY in kinds:
            return None
        if Kind.LOST in kinds:
            raise SimulatorLostError("the engine is gone; install it")
        results = expected(tasks)
        if Kind.WRONG_DTYPE in kinds:
            return results["value"]
        if Kind.WRONG_LENGTH in kinds:
            return results[:-1]
        results["inner"]["grid"][tasks["kind"] == Kind.NAN, 1, 2] = np.nan
        if Kind.BLAMED in kinds:
            results["value"][tasks["kind"] == Kind.BLAMED] = 7  # must not be kept
            blamed = np.flatnonzero(tasks["kind"] == Kind.BLAMED).tolist()
            raise TasksFailedError(results, dict.fromkeys(blamed, "it was this one"))
        return results
