"""Tasks that two ranks were given, because the first one timed out."""

from __future__ import annotations

from collections import Counter

from dsage_mpi.farm.account import Chunk
from dsage_mpi.farm.job import Sent


class Duplicates:
    """Sees to it that of two answers to a task, equal ones, the first counts."""

    def __init__(self) -> None:
        self._reassigned: set[int] = set()
        #: Rank -> tasks that it did when another rank had done them.
        self.wasted: Counter[int] = Counter()

    def allow_reassignment(self, sent: Sent) -> bool:
        """Whether others may get the tasks of a chunk; only once."""
        first = sent.number not in self._reassigned
        self._reassigned.add(sent.number)
        return first

    def new_results(self, sent: Sent, chunk: Chunk) -> Chunk:
        """The results of an answer to ``sent`` that no other rank has given."""
        if not self._reassigned:
            return chunk
        news = chunk.take(sent.account.missing(sent.indices))
        self.wasted[sent.rank] += len(chunk.indices) - len(news.indices)
        return news
