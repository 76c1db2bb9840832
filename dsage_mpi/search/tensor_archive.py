"""The inner loop's grid archive as tensors on a device, which is asked for nothing.

What ``NativeGridArchive`` does, to the last bit and in the same order, as a test shows: the same
cells, the first of the best of a batch, strict improvement, the same elites drawn from the same
random words. Every operation has a fixed shape, so that a GPU can replay it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from dsage_mpi.core.tensor_levels import as_tensor
from dsage_mpi.search.pyribs_adapter import fields_of, occupancy_of
from dsage_mpi.surrogate.device import any_kernel

if TYPE_CHECKING:
    from dsage_mpi.search.native_archive import NativeGridArchive

#: Random words that a batch may take beyond one for each draw. One in some thousand draws takes a
#: second word (less than one in ``2**32 / cells``).
SPARE_WORDS = 16
_WORD = 2**32


class TensorGridArchive:
    """Elites of a grid.

    Rows behind the cells take what does not get in, so that no two rows of a batch are written to
    the same place.

    Args:
        archive: What it begins with.
        batch: Most solutions that are added at once.
        device: Where everything is.

    Attributes:
        fields: The columns of the elites, (cells + batch, ...) each; the objective of an empty cell
            is minus infinity.
        sane: 0-d bool, whether all that has been added was finite.
    """

    def __init__(self, archive: NativeGridArchive, batch: int, device: torch.device) -> None:
        self._archive, self._device = archive, device
        self._cells = cells = int(archive.cells)
        occupancy = occupancy_of(archive)
        count = int(occupancy["n_occupied"])
        occupied = occupancy["occupied_list"][:count]
        self._beyond = cells + torch.arange(batch, device=device)
        self.fields = {
            name: _column(values, occupied, cells + batch, name == "objective").to(device)
            for name, values in fields_of(archive).items()
            if name != "threshold"
        }
        #: Occupied cells, in the order in which they came to be so.
        order = np.zeros(cells + batch, np.int64)
        order[:count] = occupied
        self._order = torch.from_numpy(order).to(device)
        self._count = torch.tensor(count, device=device)
        self.sane = torch.tensor(True, device=device)
        dims = np.asarray(archive.dims, np.int64)
        strides = np.append(np.cumprod(dims[:0:-1])[::-1], 1).astype(np.int64)
        low, high = (
            np.asarray(bounds, np.float64)
            for bounds in (archive.lower_bounds, archive.upper_bounds)
        )
        self._dims, self._strides, self._low, self._high = (
            torch.from_numpy(array).to(device) for array in (dims, strides, low, high)
        )
        self._epsilon = float(archive.epsilon)

    def sample(self, words: Tensor, taken: Tensor, count: int) -> Tensor:
        """Cells ((count,)) of elites that are drawn as ``NativeGridArchive`` draws them.

        Numbers below the number of elites are made of words of 32 bits (Lemire 2019, as NumPy's
        generators do): the upper half of the product, unless the lower half is so small that some
        numbers would come more often than others.

        Args:
            words: (n,) int64, random.
            taken: 0-d int64, how many of them have been taken; is counted on.
            count: How many elites; there has to be one to draw.
        """
        places = taken + torch.arange(count + SPARE_WORDS, device=self._device)
        product = words[places] * self._count
        fair = (product & (_WORD - 1)) >= _WORD % self._count
        first = torch.argsort((~fair).to(torch.uint8), stable=True)[:count]
        self.sane &= fair.sum() >= count
        # The only elite is drawn without a word.
        taken += torch.where(self._count > 1, first[-1] + 1, 0)
        return self._order[(product >> 32)[first]]

    def add(self, rows: dict[str, Tensor]) -> None:
        """Inserts a batch as pyribs does: strict improvement, the first of equal ones.

        Args:
            rows: Every field, (n, ...) each.
        """
        objective, elites = rows["objective"], self.fields["objective"]
        self.sane &= objective.isfinite().all() & rows["measures"].isfinite().all()
        cell = self._cells_of(rows["measures"])
        better = objective > elites[cell]
        key = torch.where(better, cell, self._cells)
        # By cell, then by objective, then by number. Negative zero counts as zero.
        best_first = torch.argsort(objective + 0.0, descending=True, stable=True)
        order = best_first[torch.argsort(key[best_first], stable=True)]
        key = key[order]
        wins = (key < self._cells) & (key != torch.cat([key[:1] - 1, key[:-1]]))
        self._note_new(key, wins & (elites[key] == -torch.inf))
        target = torch.where(wins, key, self._beyond[: len(key)])
        with any_kernel():
            for name, values in rows.items():
                column = self.fields[name]
                column.index_copy_(0, target, values[order].to(column.dtype))

    def store(self) -> None:
        """Gives the archive that this one began with all elites, in their order.

        As the types that it has.
        """
        count = int(self._count)
        cells = self._order[:count].cpu().numpy()
        occupancy = occupancy_of(self._archive)
        occupancy["occupied"][cells] = True
        occupancy["occupied_list"][:count] = cells
        occupancy["n_occupied"] = count
        occupancy["updates"][0] += 1
        fields = fields_of(self._archive)
        for name, values in self.fields.items():
            fields[name][cells] = values[: self._cells].cpu().numpy()[cells]
        fields["threshold"][cells] = fields["objective"][cells]

    def _cells_of(self, measures: Tensor) -> Tensor:
        """Flat indices ((n,) int64), by the operations of ``native/placement.cpp``."""
        bounded = torch.minimum(torch.maximum(measures, self._low), self._high)
        place = (self._dims * (bounded - self._low) + self._epsilon) / (self._high - self._low)
        index = torch.minimum(place.to(torch.int64).clamp(min=0), self._dims - 1)
        return (index * self._strides).sum(dim=1)

    def _note_new(self, cell: Tensor, new: Tensor) -> None:
        """Appends cells ((n,)) where ``new`` ((n,) bool); the others go behind all cells."""
        place = self._count + new.to(torch.int64).cumsum(0) - 1
        place = torch.where(new, place, self._beyond[: len(new)])
        with any_kernel():
            self._order.index_copy_(0, place, cell)
        self._count += new.sum()


def _column(values: Any, occupied: Any, rows: int, objective: bool) -> Tensor:
    column = np.full((rows, *values.shape[1:]), -np.inf if objective else 0, values.dtype)
    column[occupied] = values[occupied]
    return as_tensor(column)
