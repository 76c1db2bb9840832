"""The ranks that simulate: where they run, and which of them are lost."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping

from dsage_mpi.farm.farm import FarmError

logger = logging.getLogger("dsage_mpi.farm")


class Crew:
    """Rank 0's list of the other ranks."""

    def __init__(self, hosts: Mapping[int, str]) -> None:
        """All of them work.

        Args:
            hosts: Rank -> name of its machine.
        """
        self.hosts = dict(hosts)
        #: Rank -> why it cannot simulate any more.
        self.lost: dict[int, str] = {}

    def seats(self) -> dict[int, int]:
        """Working rank -> its position among the working ranks.

        Raises:
            FarmError: No rank works.
        """
        self._require_one()
        working = [rank for rank in self.hosts if rank not in self.lost]
        return {rank: seat for seat, rank in enumerate(working)}

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

    def name(self, ranks: Iterable[int]) -> str:
        """The first of ``ranks`` with its machine, and how many more there are."""
        first, *others = ranks
        more = f" (and {len(others)} more ranks)" if others else ""
        return f"rank {first} on {self.hosts[first]}{more}"

    def _require_one(self) -> None:
        if len(self.lost) == len(self.hosts):
            why = next(iter(self.lost.values()))
            raise FarmError(f"{self.name(self.lost)} cannot simulate any more: {why}")
