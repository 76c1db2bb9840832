"""The ranks that simulate: where they run, which are lost, and whose heartbeat is missing."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping

from dsage_mpi.farm.interface import FarmError

logger = logging.getLogger("dsage_mpi.farm")

_MISSED = (
    "no heartbeat from %s for %g s (farm.silent_seconds), its tasks go to the %d rank(s) that "
    "answer: is its node down, suspended or cut off?"
)
_NOBODY = "no heartbeat from any rank for %g s (farm.silent_seconds): waiting"


class Roster:
    """Rank 0's list of the other ranks."""

    def __init__(self, hosts: Mapping[int, str]) -> None:
        """All of them work.

        Args:
            hosts: Rank -> name of its machine.
        """
        self.hosts = dict(hosts)
        #: Rank -> why it cannot simulate any more.
        self.lost: dict[int, str] = {}
        #: Ranks whose heartbeat is missing, for now or for good.
        self.silent: set[int] = set()
        self._alone = False

    def seats(self) -> dict[int, int]:
        """Working rank -> its position among the working ranks.

        Raises:
            FarmError: No rank works.
        """
        self._require_one()
        if not any(map(self.works, self.hosts)):
            self.silent.clear()  # better to ask them again than nobody
        working = filter(self.works, self.hosts)
        return {rank: seat for seat, rank in enumerate(working)}

    def works(self, rank: int) -> bool:
        """Whether a rank can simulate and is alive."""
        return rank not in self.lost and rank not in self.silent

    def retire(self, rank: int, why: str) -> None:
        """A rank cannot simulate any more; says so in the log, the first time.

        Raises:
            FarmError: It was the last one that could.
        """
        if rank in self.lost:
            return
        self.lost[rank] = why
        self._require_one()
        logger.warning(
            "rank %d on %s cannot simulate any more, its tasks go to the %d rank(s) that can: %s",
            rank,
            self.hosts[rank],
            len(self.hosts) - len(self.lost),
            why,
        )

    def mark_silent(self, ranks: Collection[int], seconds: float) -> bool:
        """Heartbeats of ranks have been missing for ``seconds``; logs it.

        Returns:
            Whether the others are to do their work. Not so if there are none: then all there is to
            do is to wait.
        """
        others = sum(self.works(rank) for rank in self.hosts if rank not in ranks)
        if others == 0:
            if not self._alone:
                logger.warning(_NOBODY, seconds)
            self._alone = True
            return False
        self.silent.update(ranks)
        logger.warning(_MISSED, self.name(ranks), seconds, others)
        return True

    def mark_alive(self, rank: int) -> bool:
        """A rank sent something; returns whether it was silent, and logs so then."""
        self._alone = False
        if rank not in self.silent:
            return False
        self.silent.remove(rank)
        logger.warning("%s is back", self.name([rank]))
        return True

    def name(self, ranks: Iterable[int]) -> str:
        """The first of ``ranks`` with its machine, and how many more there are."""
        first, *others = ranks
        more = f" (and {len(others)} more ranks)" if others else ""
        return f"rank {first} on {self.hosts[first]}{more}"

    def _require_one(self) -> None:
        if len(self.lost) == len(self.hosts):
            why = next(iter(self.lost.values()))
            raise FarmError(f"{self.name(self.lost)} cannot simulate any more: {why}")
