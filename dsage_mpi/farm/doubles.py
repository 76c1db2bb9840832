"""Tasks that two ranks were given, because the first one was silent for too long."""

from __future__ import annotations

from collections import Counter

from dsage_mpi.farm.job import Sent
from dsage_mpi.farm.progress import Chunk


class Doubles:
    """Sees to it that of two answers to a task, equal ones, the first counts."""

    def __init__(self) -> None:
        self._taken_back: set[int] = set()
        #: Rank -> tasks that it did when another rank had done them.
        self.in_vain: Counter[int] = Counter()

    def take_back(self, sent: Sent) -> bool:
        """Whether others may get the tasks of a chunk; only once."""
        first = sent.number not in self._taken_back
        self._taken_back.add(sent.number)
        return first

    def leave_out(self, sent: Sent, chunk: Chunk) -> Chunk:
        """What is news of an answer to ``sent``."""
        if not self._taken_back:
            return chunk
        news = chunk.take(sent.progress.missing(sent.indices))
        self.in_vain[sent.rank] += len(chunk.indices) - len(news.indices)
        return news
