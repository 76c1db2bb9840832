"""The evaluation record: every real evaluation in order, the single source of truth.

Ground-truth archive and surrogate data set are functions of this record, so that a restart
rebuilds both from it and a checkpoint can never pair a new archive with an old data set.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from dsage_mpi.core.domain import Array, Evaluations
from dsage_mpi.core.levels import level_dtype
from dsage_mpi.core.seeding import evaluation_seeds
from dsage_mpi.core.state import CheckpointError, Tree
from dsage_mpi.search.emitters.base import NO_PARENT

if TYPE_CHECKING:
    from dsage_mpi.core.domain import Domain

#: By how much a processor's own rounding may change a number that is worked out again.
_ROUNDING = 1e-9
#: Share of levels that may be others on another processor (one in some thousand is), or one.
_OTHER_LEVELS = 0.01


@dataclass(frozen=True)
class Batch:
    """``n`` evaluations that were proposed together, in evaluation order.

    Attributes:
        first: Number of the first evaluation.
        iteration: Outer iteration (0-based) that proposed them.
        solutions: (n, solution_dim).
        levels: (n, H, W) int8 tile codes or (n, d) float64 vectors; where failed, without what
            the simulator adds to them.
        results: (n,) of the domain's ``result_dtype``; meaningless where failed.
        failed: (n,) bool.
        reasons: Position in the batch -> why it failed.
        evaluations: Interpreted results of the successful ones, in order.
        parents: (n,) integers, evaluations before this batch that they descend from; any other
            number: none. None: no one does.
    """

    first: int
    iteration: int
    solutions: Array
    levels: Array
    results: Array
    failed: Array
    reasons: dict[int, str]
    evaluations: Evaluations
    parents: Array | None = None

    def __len__(self) -> int:
        return len(self.solutions)

    @property
    def succeeded(self) -> Array:
        """Positions ((m,) int64) of the successful evaluations."""
        return np.flatnonzero(~self.failed)


class EvaluationRecord:
    """Growing arrays with one row per evaluation, failed ones included."""

    def __init__(self, domain: Domain, measure_count: int) -> None:
        self._columns: dict[str, Array] = {
            "solution": np.empty((0, domain.solution_dim), domain.solution_dtype),
            "level": np.empty((0, *domain.level_shape), level_dtype(domain.level_shape)),
            "result": np.empty(0, domain.result_dtype),
            "failed": np.empty(0, np.bool_),
            "iteration": np.empty(0, np.int32),
            "parent": np.empty(0, np.int64),
            "objective": np.empty(0, np.float64),
            "measures": np.empty((0, measure_count), np.float64),
            "metadata": np.empty((0, len(domain.metadata_names)), np.float64),
        }
        self._length = 0
        self.reasons: dict[int, str] = {}

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, name: str) -> Array:
        """One column, as a view of the rows recorded so far."""
        return self._columns[name][: self._length]

    def append(self, batch: Batch) -> None:
        """Adds a batch; failed rows hold NaN objective, measures and metadata."""
        count, ok = len(batch), batch.succeeded
        self._reserve(self._length + count)
        rows = slice(self._length, self._length + count)
        self._columns["solution"][rows] = batch.solutions
        self._columns["level"][rows] = batch.levels
        self._columns["result"][rows] = batch.results
        self._columns["failed"][rows] = batch.failed
        self._columns["iteration"][rows] = batch.iteration
        self._columns["parent"][rows] = _known_parents(batch)
        for name in ("objective", "measures", "metadata"):
            self._columns[name][rows] = np.nan
            self._columns[name][self._length + ok] = getattr(batch.evaluations, name)
        self.reasons |= {batch.first + k: _storable(text) for k, text in batch.reasons.items()}
        self._length += count

    def state(self) -> Tree:
        """All columns."""
        return {name: self[name] for name in self._columns}

    def failures(self) -> Tree:
        """Numbers of the failed evaluations and why they failed, each text once."""
        numbers = sorted(self.reasons)
        texts = list(dict.fromkeys(self.reasons[number] for number in numbers))
        position = {text: k for k, text in enumerate(texts)}
        return {
            "evaluation": np.array(numbers, dtype=np.int64),
            "text": np.array([position[self.reasons[n]] for n in numbers], dtype=np.int64),
            "texts": texts,
        }

    def load_state(self, columns: Tree, failures: Tree) -> None:
        """Restores ``state()`` and ``failures()``."""
        # Checkpoints of earlier versions do not tell who descends from whom.
        columns = {"parent": np.full(len(columns["failed"]), NO_PARENT), **columns}
        for name, column in self._columns.items():
            self._columns[name] = np.array(columns[name], dtype=column.dtype)
        self._length = len(self._columns["failed"])
        texts, pairs = failures["texts"], zip(failures["evaluation"], failures["text"], strict=True)
        self.reasons = {int(number): texts[k] for number, k in pairs}

    def _reserve(self, rows: int) -> None:
        capacity = len(self._columns["failed"])
        if rows <= capacity:
            return
        capacity = max(rows, 2 * capacity, 1024)
        for name, column in self._columns.items():
            grown: Any = np.zeros((capacity, *column.shape[1:]), column.dtype)
            grown[: self._length] = column[: self._length]
            self._columns[name] = grown


def _known_parents(batch: Batch) -> Array | int:
    """Its parents, as far as they are evaluations before the batch."""
    if batch.parents is None:
        return NO_PARENT
    given = np.asarray(batch.parents)
    return np.where((given >= 0) & (given < batch.first), given, NO_PARENT)


def _storable(text: str) -> str:
    """A checkpoint's texts hold no NUL; replaced here, so that a restart changes nothing."""
    return text.replace("\0", "\\0")


def batches(record: EvaluationRecord, domain: Domain, run_seed: int) -> Iterator[Batch]:
    """Rebuilds the batches that were appended, in order.

    Raises:
        CheckpointError: The domain does not read the recorded results as it did then.
    """
    iterations = record["iteration"]
    starts = np.flatnonzero(np.diff(iterations, prepend=-1))
    for first, end in pairwise([*starts, len(record)]):
        rows = slice(int(first), int(end))
        solutions, results = record["solution"][rows], record["result"][rows]
        failed = record["failed"][rows]
        tasks = domain.tasks(solutions, evaluation_seeds(run_seed, int(first), len(solutions)))
        yield Batch(
            first=int(first),
            iteration=int(iterations[first]),
            solutions=solutions,
            levels=record["level"][rows],
            results=results,
            failed=failed,
            reasons={},
            parents=record["parent"][rows],
            evaluations=_as_recorded(
                domain.interpret(tasks[~failed], results[~failed]),
                record,
                int(first) + np.flatnonzero(~failed),
            ),
        )


def _as_recorded(again: Evaluations, record: EvaluationRecord, rows: Array) -> Evaluations:
    """``again`` with the numbers that were recorded, which is what the run went by.

    They are the same where the run began. Another processor may have rounded differently, which
    can even make a generator choose another tile: no reason to lose the run.
    """
    levels = record["level"][rows]
    equal: Array = np.asarray(again.levels == levels)
    if levels.ndim == 2:  # vectors: the numbers themselves may be rounded otherwise
        equal = np.asarray(np.isclose(again.levels, levels, _ROUNDING, _ROUNDING))
    same: Array = np.asarray(equal.all(axis=tuple(range(1, levels.ndim))))
    numbers = {name: record[name][rows] for name in ("objective", "measures", "metadata")}
    wrong = [
        name
        for name, values in numbers.items()
        if not np.allclose(
            getattr(again, name)[same], values[same], _ROUNDING, _ROUNDING, equal_nan=True
        )
    ]
    if (~same).sum() > max(1, _OTHER_LEVELS * len(same)):
        wrong.append("levels")
    if wrong:
        raise CheckpointError(
            f"the recorded solutions and results do not give the recorded {', '.join(wrong)}: was "
            "the checkpoint edited, or written by another version or with another domain setting?"
        )
    return replace(again, levels=levels, **numbers)
