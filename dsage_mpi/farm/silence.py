"""Which ranks have given no sign of life for long? Pure bookkeeping: no MPI, no log."""

from __future__ import annotations

from collections.abc import Iterable

#: Seconds between two looks.
_LOOK_SECONDS = 0.5
#: Nobody looks much later than that unless suspended, or at something else; that time is no one's
#: silence.
_LONGEST_LOOK_SECONDS = 2 * _LOOK_SECONDS


class Silence:
    """Rank 0's memory of when it last heard of each rank.

    Its clock stands still while rank 0 does not look: when a whole job was suspended, every rank
    has its full time again to be heard of.

    Args:
        ranks: All that may be asked about.
        limit_seconds: A rank that owes an answer may be silent for so long.
    """

    def __init__(self, ranks: Iterable[int], limit_seconds: float) -> None:
        self._limit = limit_seconds
        self._clock = 0.0
        self._last_look: float | None = None
        self._heard = dict.fromkeys(ranks, 0.0)

    def look(self, now: float) -> bool:
        """Whether it is time to look for signs of life, at clock reading ``now`` (seconds)."""
        passed = 0.0 if self._last_look is None else now - self._last_look
        if self._last_look is not None and passed < _LOOK_SECONDS:
            return False
        self._last_look = now
        self._clock += min(passed, _LONGEST_LOOK_SECONDS)
        return True

    def heard(self, rank: int) -> None:
        """A rank gave a sign of life, or owes an answer only from now on."""
        self._heard[rank] = self._clock

    def too_long(self, ranks: Iterable[int]) -> list[int]:
        """Those of ``ranks`` that were silent beyond the limit."""
        return [rank for rank in ranks if self._clock - self._heard[rank] > self._limit]
