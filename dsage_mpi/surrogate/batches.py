"""Batches of one training, one after the other, without any word with the device."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from dsage_mpi.surrogate.graphs import Repeated
from dsage_mpi.surrogate.settings import SurrogateSettings


class Batches:
    """Takes a step on each batch, and sums what the steps lost.

    Args:
        step: Takes one on rows ((n,) int64) of the training window; gives its losses ((parts,)).
        parts: How many losses.
        settings: Batch size, and whether a GPU's kernels are recorded.
        device: Where the window is.
    """

    def __init__(
        self,
        step: Callable[[Tensor], Tensor],
        parts: int,
        settings: SurrogateSettings,
        device: torch.device,
    ) -> None:
        self._step = step
        # Tensors that stay where they are: a recording knows their places alone.
        self._rows = torch.zeros(settings.batch_size, dtype=torch.int64, device=device)
        self._total = torch.zeros(parts, dtype=torch.float64, device=device)
        self._whole = Repeated(
            self._take_whole, device, settings.cuda_graphs, "surrogate.cuda_graphs"
        )

    def take(self, order: Tensor, after_batch: Callable[[], None]) -> list[float]:
        """Takes a step on each batch of an order of rows; the last one may be partial.

        Returns:
            Means of the losses.
        """
        self._total.zero_()
        for rows in torch.split(order, len(self._rows)):
            if len(rows) == len(self._rows):
                self._rows.copy_(rows)
                self._whole()
            else:
                self._add(rows)
            after_batch()
        mean: list[float] = (self._total / len(order)).tolist()
        return mean

    def close(self) -> None:
        """Frees what a GPU has recorded."""
        self._whole.release()

    def _take_whole(self) -> None:
        self._add(self._rows)

    def _add(self, rows: Tensor) -> None:
        self._total += len(rows) * self._step(rows)
