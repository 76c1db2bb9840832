"""The journal: finished evaluations on disk before the next checkpoint holds them.

Rank 0 appends every result as it comes in, so that a run that is killed repeats no simulation
that had ended. An entry counts only for the evaluation that has its number *and* its task, bit for
bit; it is used in place of a simulation, never beside one.

Its format is in ``rundir/journal_entries.py``.
"""

from __future__ import annotations

import json
import logging
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dsage_mpi.config.restart import leaves
from dsage_mpi.domains import domain_settings
from dsage_mpi.rundir.journal_entries import Entry, header_of, pack, read, task_hash

if TYPE_CHECKING:
    from dsage_mpi.config.schema import Config

_log = logging.getLogger("dsage_mpi.outer")

#: Seconds between two pushes to the disk itself. A killed program loses nothing even without
#: them, a machine without power what came after the last one.
_SYNC_SECONDS = 1.0
#: Never through a symbolic link that somebody has planted.
_OPENING = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW


@dataclass(frozen=True)
class Known:
    """Evaluations of one batch that need no simulation any more.

    Attributes:
        positions: (k,) int64, rising positions in the batch.
        results: (k,) of the result dtype.
        reasons: Position in the batch -> why it failed, for those that did.
    """

    positions: NDArray[np.int64]
    results: NDArray[Any]
    reasons: dict[int, str]


class Journal:
    """Appends finished evaluations to a file, and knows those that it held when it was opened.

    A disk that refuses costs a warning: the run goes on, only less well protected.

    Args:
        path: The file; made if missing.
        key: What results depend on beside the task (settings of the simulator, say). The entries
            of a journal with another key are dropped.
    """

    def __init__(self, path: Path, key: str) -> None:
        self.path = path
        self._header = header_of(key)
        self._known, end = read(path, self._header)
        self._highest = max(self._known, default=-1)
        self._dirty = False
        self._next_sync = 0.0
        self._file: int | None = None
        try:
            self._file = os.open(path, _OPENING, 0o666)
            self._cut(end)
        except OSError as error:
            self._give_up(error)

    def __len__(self) -> int:
        """Entries that were found when the journal was opened and have not been used up."""
        return len(self._known)

    def beyond(self, evaluations: int) -> int:
        """Of these, how many have number ``evaluations`` or a higher one."""
        return sum(number >= evaluations for number in self._known)

    def recall(self, first: int, tasks: NDArray[Any], result_dtype: np.dtype[Any]) -> Known:
        """What is known of evaluations ``first``, ``first + 1``, ... with these tasks.

        Args:
            first: Number of the first evaluation.
            tasks: (n,) of the task dtype.
            result_dtype: Of the results.
        """
        found: dict[int, Entry] = {}
        for position, task in enumerate(tasks):
            entry = self._known.get(first + position)
            if entry is None or len(entry.result) != result_dtype.itemsize:
                continue
            if entry.task == task_hash(task):
                found[position] = entry
        data = b"".join(entry.result for entry in found.values())
        return Known(
            positions=np.array(list(found), dtype=np.int64),
            results=np.frombuffer(data, result_dtype).copy(),
            reasons={p: e.reason for p, e in found.items() if e.reason is not None},
        )

    def add(
        self,
        evaluations: NDArray[Any],
        tasks: NDArray[Any],
        results: NDArray[Any],
        reasons: dict[int, str],
    ) -> None:
        """Appends finished evaluations.

        Args:
            evaluations: (k,) their numbers.
            tasks: (k,) their tasks.
            results: (k,) their results.
            reasons: Position among the k -> why it failed.
        """
        if self._file is None or len(evaluations) == 0:
            return
        entries = [
            pack(int(number), Entry(task_hash(task), result.tobytes(), reasons.get(position)))
            for position, (number, task, result) in enumerate(
                zip(evaluations, tasks, results, strict=True)
            )
        ]
        self._highest = max(self._highest, int(evaluations.max()))
        try:
            # Straight to the kernel: what is there outlives this process.
            _write_all(self._file, b"".join(entries))
            self._dirty = True
            if time.monotonic() >= self._next_sync:
                self.sync()
        except OSError as error:
            self._give_up(error)

    def sync_when_due(self) -> None:
        """As ``sync``, if the last one was some time ago; for pauses in which nothing comes in."""
        if self._dirty and time.monotonic() >= self._next_sync:
            try:
                self.sync()
            except OSError as error:
                self._give_up(error)

    def sync(self) -> None:
        """Pushes what was written to the disk itself."""
        if self._file is not None and self._dirty:
            os.fsync(self._file)
            self._dirty = False
            self._next_sync = time.monotonic() + _SYNC_SECONDS

    def checkpointed(self, evaluations: int) -> None:
        """A checkpoint holds all evaluations before number ``evaluations``.

        The journal starts afresh once it has nothing beyond.
        """
        if self._highest >= evaluations or (self._highest < 0 and self._file is not None):
            return
        self._known.clear()
        self._highest = -1
        try:
            if self._file is None:  # the disk may have room again
                self._file = os.open(self.path, _OPENING, 0o666)
            self._cut(0)
        except OSError as error:
            self._give_up(error)

    def close(self) -> None:
        """Syncs and closes the file; may be called again."""
        if self._file is None:
            return
        try:
            self.sync()
        except OSError as error:
            _log.warning("cannot sync %s: %s", self.path, error.strerror)
        os.close(self._file)
        self._file = None

    def _cut(self, end: int) -> None:
        """Leaves the first ``end`` bytes, or a header alone."""
        assert self._file is not None
        os.ftruncate(self._file, end)
        os.lseek(self._file, 0, os.SEEK_END)
        if end == 0:
            _write_all(self._file, self._header)

    def _give_up(self, error: OSError) -> None:
        _log.warning(
            "cannot write %s: %s; the run goes on, but what it simulates until the next "
            "checkpoint would be simulated again after a kill",
            self.path,
            error.strerror or error,
        )
        if self._file is not None:
            os.close(self._file)
            self._file = None


def journal_key(config: Config) -> str:
    """What a result depends on beside its task: the simulator's settings and the measures.

    Not those that a restart may change, as they change no result.
    """
    changeable = getattr(domain_settings(config.domain_name), "CHANGEABLE", ())
    settings = {
        key: value for key, value in leaves(config.domain.model_dump()) if key not in changeable
    }
    return f"{json.dumps(settings, default=str)} {config.archive.measures}"


def _write_all(file: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]
