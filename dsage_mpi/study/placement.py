"""Where the runs of a study are made: how many at once, with how many ranks, on which cores."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Placement:
    """What makes the runs.

    Attributes:
        jobs: Runs at once.
        ranks: Ranks of each.
        cores: Cores to use, shared out among the runs at once; None: all, and nobody is bound.
        threads: Cores of each run's surrogate, for the estimate.
        gpu: Whether each run has a GPU, for the estimate.
    """

    jobs: int = 1
    ranks: int = 1
    cores: tuple[int, ...] | None = None
    threads: int = 1
    gpu: bool = False

    @property
    def simulating(self) -> int:
        """Ranks of a run that simulate."""
        return max(1, self.ranks - 1)

    def cores_of(self, job: int) -> tuple[int, ...] | None:
        """Cores of one of the runs at once; with fewer cores than runs some share one."""
        if self.cores is None:
            return None
        return self.cores[job :: self.jobs] or (self.cores[job % len(self.cores)],)

    def __str__(self) -> str:
        jobs = "one run at a time" if self.jobs == 1 else f"{self.jobs} runs at once"
        ranks = "one process each" if self.ranks == 1 else f"{self.ranks} ranks each"
        return f"{jobs}, {ranks}{', with a GPU' if self.gpu else ''}"
