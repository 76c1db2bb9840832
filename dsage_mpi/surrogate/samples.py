"""Which evaluations an epoch passes over: all of the window, or the newest and some older ones."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor

from dsage_mpi.surrogate.settings import SurrogateSettings
from dsage_mpi.surrogate.steps import held_out_rows, replayed_rows


@dataclass(frozen=True)
class Samples:
    """What one training is made on: rows of its window, whose last ones are the newest batch.

    Every epoch passes over ``learned`` of the newest batch and over ``replayed`` of the older rows,
    drawn anew for each. All numbers come from ``shuffle``, so that the same training can be done
    again; without replay and held-out rows it draws one permutation of the window per epoch.

    Attributes:
        older: Rows before the newest batch.
        learned: Those of the newest batch that are trained on ((n,) int64).
        held_out: Those that are not, this time ((m,) int64).
        replayed: Older rows per epoch.
        shuffle: Where random numbers come from.
    """

    older: int
    learned: Tensor
    held_out: Tensor
    replayed: int
    shuffle: torch.Generator = field(repr=False)

    @classmethod
    def of(cls, settings: SurrogateSettings, total: int, newest: int, seed: int) -> Samples:
        """The rows of a training.

        Args:
            settings: ``replay`` and ``patience``.
            total: Rows in the window.
            newest: Rows of the newest batch; all that the window has of them count.
            seed: Decides which rows, and their order; the same on CPU and GPU.
        """
        newest = min(newest, total)
        older = total - newest
        shuffle = torch.Generator().manual_seed(seed)
        rows = torch.arange(older, total)
        held = torch.empty(0, dtype=torch.int64)
        if left_out := held_out_rows(settings, newest):
            rows = older + torch.randperm(newest, generator=shuffle)
            held, rows = rows.tensor_split([left_out])
        return cls(older, rows, held, replayed_rows(settings, older, newest), shuffle)

    @property
    def per_epoch(self) -> int:
        """Rows that an epoch passes over."""
        return self.replayed + len(self.learned)

    def draw(self) -> Tensor:
        """The rows of the next epoch in the order of training ((per_epoch,) int64)."""
        if self.replayed == self.older and len(self.held_out) == 0:
            return torch.randperm(self.per_epoch, generator=self.shuffle)
        older = torch.randperm(self.older, generator=self.shuffle)[: self.replayed]
        rows = torch.cat([older, self.learned])
        return rows[torch.randperm(len(rows), generator=self.shuffle)]
