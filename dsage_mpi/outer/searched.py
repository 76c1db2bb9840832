"""What a surrogate's archive held when solutions were chosen from it: for people to look at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from ribs.archives import ArchiveBase


@dataclass(frozen=True)
class Searched:
    """The elites of a surrogate archive, in the order of their cells.

    No restart needs it, and so it is in no checkpoint.

    Attributes:
        iteration: Outer iteration, from 0.
        cell: (s,) int64.
        objective: (s,) float64, as the search believed it.
        measures: (s, k) float64, likewise.
        place: (s,) int64, each one's place among the proposed solutions; -1 if it is none.
    """

    iteration: int
    cell: NDArray[np.int64]
    objective: NDArray[np.float64]
    measures: NDArray[np.float64]
    place: NDArray[np.int64]

    @staticmethod
    def of(archive: ArchiveBase, chosen: NDArray[np.int64], iteration: int) -> Searched:
        """Copies them out of an archive.

        Args:
            archive: The surrogate's.
            chosen: (n,) positions into ``archive.data()``, in the order of the proposal.
            iteration: Outer iteration, from 0.
        """
        data = archive.data(["index", "objective", "measures"])
        place = np.full(len(archive), -1, np.int64)
        place[chosen] = np.arange(len(chosen))
        order = np.argsort(data["index"], kind="stable")
        return Searched(
            iteration,
            np.asarray(data["index"], np.int64)[order],
            np.asarray(data["objective"], np.float64)[order],
            np.asarray(data["measures"], np.float64)[order],
            place[order],
        )
