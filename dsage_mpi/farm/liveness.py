"""Which workers are alive: rank 0 collects their heartbeats and notices who sends none."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from dsage_mpi.farm.messages import Tag
from dsage_mpi.farm.roster import Roster

#: Seconds between two looks.
_LOOK_SECONDS = 0.5
#: Rank 0 looks no later than that unless it was suspended or busy; that time counts as nobody's
#: silence.
_LONGEST_LOOK_SECONDS = 2 * _LOOK_SECONDS


class HeartbeatTimeouts:
    """Rank 0's memory of when it last heard of each rank.

    Its clock stands still while rank 0 does not look: when a whole job was suspended, every rank
    has its full timeout again.

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
        """Whether it is time to look for heartbeats, at clock reading ``now`` (seconds)."""
        passed = 0.0 if self._last_look is None else now - self._last_look
        if self._last_look is not None and passed < _LOOK_SECONDS:
            return False
        self._last_look = now
        self._clock += min(passed, _LONGEST_LOOK_SECONDS)
        return True

    def heard(self, rank: int) -> None:
        """A rank sent something, or owes an answer only from now on."""
        self._heard[rank] = self._clock

    def timed_out(self, ranks: Iterable[int]) -> list[int]:
        """Those of ``ranks`` that were silent beyond the limit."""
        return [rank for rank in ranks if self._clock - self._heard[rank] > self._limit]


class LivenessMonitor:
    """Receives heartbeats and reports ranks whose timeout is over.

    Args:
        comm: The farm's communicator.
        roster: Is told who timed out and who is back.
        beating: Ranks that send heartbeats while they simulate; no other can time out.
        limit_seconds: How long they may be silent.
    """

    def __init__(
        self, comm: Any, roster: Roster, beating: Collection[int], limit_seconds: float
    ) -> None:
        from mpi4py import MPI

        self._mpi = MPI
        self._comm = comm
        self._roster = roster
        self._beating = beating
        self._limit = limit_seconds
        self._timeouts = HeartbeatTimeouts(roster.hosts, limit_seconds)
        self._status = MPI.Status()

    @property
    def due(self) -> bool:
        """Whether it is time for a ``look``."""
        return self._timeouts.look(time.perf_counter())

    def look(self, waiting: Mapping[int, int]) -> list[int]:
        """Ranks that timed out just now.

        Args:
            waiting: Rank -> chunks that it holds.
        """
        self.receive()
        owing = [r for r in self._beating if waiting[r] and r not in self._roster.silent]
        missed = self._timeouts.timed_out(owing)
        return missed if missed and self._roster.mark_silent(missed, self._limit) else []

    def receive(self) -> None:
        """Takes in what has come."""
        while self._comm.Iprobe(self._mpi.ANY_SOURCE, Tag.ALIVE, self._status):
            rank = self._status.Get_source()
            self._comm.Recv([bytearray(), self._mpi.BYTE], rank, Tag.ALIVE)
            self.heard(rank)

    def heard(self, rank: int) -> None:
        """A rank sent something."""
        self._timeouts.heard(rank)
        self._roster.mark_alive(rank)

    def owes(self, rank: int) -> None:
        """A rank that had nothing to do has got tasks: its timeout begins."""
        self._timeouts.heard(rank)
