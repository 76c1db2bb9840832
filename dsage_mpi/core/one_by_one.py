"""A simulator that calls a function once per task."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from dsage_mpi.core.domain import Array, TasksFailedError


class OneByOne:
    """Calls ``simulate`` once per task; an exception makes that task a failed one.

    Args:
        simulate: A task to numbers by name, those of ``result_dtype``.
        result_dtype: Of the results.
    """

    def __init__(
        self, simulate: Callable[[Any], Mapping[str, Any]], result_dtype: np.dtype[Any]
    ) -> None:
        self._simulate, self._result_dtype = simulate, result_dtype

    def __call__(self, tasks: Array) -> Array:
        """Simulates ``tasks`` ((n,)).

        Raises:
            TasksFailedError: Some failed.
        """
        failed: dict[int, str] = {}
        results = np.zeros(len(tasks), self._result_dtype)
        for row, task in enumerate(tasks):
            try:
                given = self._simulate(task)
                names = results.dtype.names or ()
                if not isinstance(given, Mapping):
                    failed[row] = f"simulate gives {given!r:.60}: expected name -> number"
                    continue
                if missing := [name for name in names if name not in given]:
                    failed[row] = f"simulate gives no {', '.join(missing)}"
                    continue
                if wrong := next((n for n in names if not _is_right(n, given[n])), ""):
                    value = f"{given[wrong]!r:.60}"
                    failed[row] = f'simulate gives {value} for "{wrong}": expected a number'
                    continue
                for name in names:
                    results[name][row] = given[name]
            except (Exception, SystemExit) as error:  # whatever somebody's simulator raises
                place = error.__traceback__
                for _ in range(2):  # this call, and that of the domain's base
                    place = place.tb_next if place is not None and place.tb_next else place
                shown = error.with_traceback(place)
                failed[row] = "".join(traceback.format_exception(shown)).strip()
        if failed:
            raise TasksFailedError(results, failed)
        return results


def _is_right(name: str, value: Any) -> bool:
    """Whether it is a number (the occupancy's shape is looked at when it is stored)."""
    found = np.asarray(value)
    return name == "occupancy" or (found.ndim == 0 and found.dtype.kind in "buif")
