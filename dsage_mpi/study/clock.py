"""When each evaluation of a run had been made: wall time and CPU time, from ``metrics.csv``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dsage_mpi.config.schema import Config

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Clock:
    """Seconds from the start of the search, after each of ``n`` evaluations.

    Attributes:
        wall: (n,) that passed.
        cpu: (n,) that processors worked: simulating ranks while they had a task, and the
            surrogate's threads while it was trained or searched.
    """

    wall: Floats
    cpu: Floats


def clock_of(columns: Mapping[str, Any], config: Config, ranks: int, evaluations: int) -> Clock:
    """Works out when evaluations were made; those of one iteration are spread over its simulation.

    Args:
        columns: The metrics, (iterations,) each; NaN or -1 where there is no value.
        config: The run.
        ranks: Ranks of the run; one simulates by itself, of more rank 0 does not.
        evaluations: How many there are.
    """
    ends = np.atleast_1d(np.asarray(columns["evaluations"], dtype=np.float64))
    total, simulating, idle, trained, searched = (
        _seconds(columns, name, len(ends))
        for name in ("total_s", "evaluate_s", "idle_share", "train_s", "inner_s")
    )
    threads = config.surrogate.threads if isinstance(config.surrogate.threads, int) else 1
    simulating = np.minimum(simulating, total)  # overlapped iterations may count it in two rows
    surrogate = threads * (trained + searched)
    busy = max(1, ranks - 1) * (1 - idle) * total
    numbers = np.arange(1, evaluations + 1, dtype=np.float64)
    return Clock(
        wall=_spread(numbers, ends, total - simulating, simulating),
        cpu=_spread(numbers, ends, surrogate, busy),
    )


def _spread(numbers: Floats, ends: Floats, before: Floats, during: Floats) -> Floats:
    """Seconds after each evaluation, of iterations that take ``before`` and then ``during``.

    Args:
        numbers: (n,) evaluations, from 1.
        ends: (m,) evaluations after each iteration.
        before: (m,) seconds of each iteration before its first evaluation.
        during: (m,) seconds in which it makes its evaluations.
    """
    starts = np.concatenate([[0.0], ends[:-1]])
    begun = np.concatenate([[0.0], np.cumsum(before + during)[:-1]]) + before
    which = np.minimum(np.searchsorted(ends, numbers), len(ends) - 1)
    share = (numbers - starts[which]) / np.maximum(1, ends - starts)[which]
    return np.asarray(begun[which] + np.minimum(share, 1) * during[which])


def _seconds(columns: Mapping[str, Any], name: str, count: int) -> Floats:
    if name not in columns:
        return np.zeros(count)
    return np.maximum(0.0, np.nan_to_num(np.atleast_1d(np.asarray(columns[name], np.float64))))
