"""Rank 0's watch over the ranks that owe it an answer."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from typing import Any

from dsage_mpi.farm.messages import Tag
from dsage_mpi.farm.roster import Crew
from dsage_mpi.farm.silence import Silence


class Watch:
    """Takes in signs of life and notices who gives none.

    Args:
        comm: The farm's communicator.
        crew: Is told who is missed and who is heard of again.
        beating: Ranks that give signs of life while they simulate; no other can be missed.
        limit_seconds: How long they may be silent.
    """

    def __init__(
        self, comm: Any, crew: Crew, beating: Collection[int], limit_seconds: float
    ) -> None:
        from mpi4py import MPI

        self._mpi = MPI
        self._comm = comm
        self._crew = crew
        self._beating = beating
        self._limit = limit_seconds
        self._silence = Silence(crew.hosts, limit_seconds)
        self._status = MPI.Status()

    @property
    def due(self) -> bool:
        """Whether it is time for a ``look``."""
        return self._silence.look(time.perf_counter())

    def look(self, waiting: Mapping[int, int]) -> list[int]:
        """Ranks to go on without from now on.

        Args:
            waiting: Rank -> chunks that it holds.
        """
        self.receive()
        owing = [r for r in self._beating if waiting[r] and r not in self._crew.silent]
        missed = self._silence.too_long(owing)
        return missed if missed and self._crew.miss(missed, self._limit) else []

    def receive(self) -> None:
        """Takes in what has come."""
        while self._comm.Iprobe(self._mpi.ANY_SOURCE, Tag.ALIVE, self._status):
            rank = self._status.Get_source()
            self._comm.Recv([bytearray(), self._mpi.BYTE], rank, Tag.ALIVE)
            self.heard(rank)

    def heard(self, rank: int) -> None:
        """A rank sent something."""
        self._silence.heard(rank)
        self._crew.hear(rank)

    def owes(self, rank: int) -> None:
        """A rank that had nothing to do has got tasks: its time begins."""
        self._silence.heard(rank)
