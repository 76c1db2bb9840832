"""The simulator of a domain that evaluates one level at a time (``core/domain_base.py``)."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from dsage_mpi.core.domain import Array, TasksFailedError


class OneByOne:
    """Calls a function once per task.

    Args:
        simulate: Takes a level and its seed; gives numbers by name.
        result_dtype: Which numbers.
    """

    def __init__(
        self, simulate: Callable[[Array, int], Mapping[str, Any]], result_dtype: np.dtype[Any]
    ) -> None:
        self._simulate, self._dtype = simulate, result_dtype

    def __call__(self, tasks: Array) -> Array:
        """Results ((n,) of the result dtype) of tasks ((n,) with "level" and "seed").

        Raises:
            TasksFailedError: Some of them failed.
        """
        results, failed = np.zeros(len(tasks), self._dtype), {}
        names = self._dtype.names or ()
        for row, task in enumerate(tasks):
            try:
                given = self._simulate(task["level"].copy(), int(task["seed"]))
                if wrong := _problem(given, names):
                    failed[row] = wrong
                    continue
                for name in names:
                    results[name][row] = given[name]
            except Exception as error:  # whatever somebody's simulator raises
                shown = error.with_traceback(error.__traceback__ and error.__traceback__.tb_next)
                failed[row] = "".join(traceback.format_exception(shown)).strip()
        if failed:
            raise TasksFailedError(results, failed)
        return results


def _problem(given: Mapping[str, Any], names: tuple[str, ...]) -> str:
    """What is wrong with the numbers of one evaluation; empty if nothing is."""
    if missing := [name for name in names if name not in given]:
        return f"simulate gives no {', '.join(missing)}"
    for name in names:
        found = np.asarray(given[name])
        # The occupancy's shape is looked at when it is stored.
        if name != "occupancy" and (found.ndim != 0 or found.dtype.kind not in "buif"):
            return f'simulate gives {given[name]!r:.60} for "{name}": expected a number'
    return ""
