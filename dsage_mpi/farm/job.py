"""What rank 0 keeps in mind of an evaluation and of the chunks that are under way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dsage_mpi.farm.account import EvaluationAccount
from dsage_mpi.farm.messages import Buffer
from dsage_mpi.farm.scheduling import Plan


@dataclass(frozen=True)
class Job:
    """What one evaluation has to do.

    Attributes:
        chunks: Which tasks go next.
        rows: The bytes of all tasks.
        account: What is done.
        seats: Rank -> its position among the plan's workers; the ranks that worked at its start.
    """

    chunks: Plan
    rows: NDArray[np.uint8]
    account: EvaluationAccount
    seats: dict[int, int]


@dataclass(frozen=True)
class Sent:
    """A chunk that is on its way to a worker or being simulated there."""

    number: int
    rank: int
    indices: NDArray[np.intp]
    account: EvaluationAccount
    buffer: Buffer
    request: Any


@dataclass(frozen=True)
class Answer:
    """A worker's answer to a chunk.

    Attributes:
        sent: The chunk.
        seconds: How long it took.
        lost: Why the worker cannot simulate any more; the tasks are not done then.
    """

    sent: Sent
    seconds: float
    lost: str
