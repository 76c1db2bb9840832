"""The inner loop's grid archive: what pyribs does, in a tenth of the time per batch.

An inner iteration places some hundred solutions; a general ``GridArchive.add`` then spends its time
on looking at every argument and on arrays as long as the archive. Here one native call
(``native/placement.cpp``) says what becomes of a batch, and the rows that get in are copied. All
else is pyribs' own. Equal inputs give equal archives, to the last bit and in the same order, as a
test shows; ``inner_loop.archive = "pyribs"`` takes the original.

Rows are written into pyribs' own store (``pyribs_adapter.py``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from ribs.archives import ArchiveStats

from dsage_mpi.archives.bounded import BoundedGridArchive
from dsage_mpi.search._native import GridView
from dsage_mpi.search.pyribs_adapter import fields_of, generator_of, occupancy_of

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from dsage_mpi.core.domain import Array


class NativeGridArchive(BoundedGridArchive):
    """A ``BoundedGridArchive`` that keeps the best of every cell, with a fast ``add``.

    Args:
        arguments: As for pyribs' ``GridArchive``, without ``learning_rate`` and ``threshold_min``.
    """

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._fields, self._occupancy = fields_of(self), occupancy_of(self)
        self._random = generator_of(self)
        self._view = GridView(
            self.dims,
            self.lower_bounds,
            self.upper_bounds,
            float(self.epsilon),
            self._occupancy["occupied"],
            self._fields["objective"],
        )

    def add(
        self, solution: ArrayLike, objective: ArrayLike, measures: ArrayLike, **fields: ArrayLike
    ) -> dict[str, Array]:
        """Inserts a batch as pyribs does: strict improvement, the first of equal ones.

        Args:
            solution: (n, solution_dim).
            objective: (n,).
            measures: (n, k).
            fields: The extra fields, (n, ...) each.

        Returns:
            ``status`` ((n,) int32) and ``value`` ((n,) float64).

        Raises:
            ValueError: A shape or field is wrong, or objective or measures are not finite.
        """
        rows = {"solution": solution, "objective": objective, "measures": measures, **fields}
        if (batch := self._as_stored(rows)) is None:
            # pyribs says what is wrong.
            return super().add(solution, objective, measures, **fields)  # type: ignore[no-any-return]
        count = len(batch["objective"])
        cell, status = np.empty(count, np.int32), np.empty(count, np.int32)
        value, winners = np.empty(count), np.empty(count, np.int64)
        found = self._view.place(
            batch["objective"], batch["measures"], cell, status, value, winners
        )
        if found < 0:  # not finite
            return super().add(solution, objective, measures, **fields)  # type: ignore[no-any-return]
        if found:
            self._insert(batch, cell, status, winners[:found])
        return {"status": status, "value": value}

    def sample_elites(self, n: int, replace: bool = True) -> dict[str, Array]:
        """Draws ``n`` elites uniformly: every field of each ((n, ...)), and ``index``.

        Raises:
            IndexError: There are none.
            ValueError: ``replace`` is False and there are less than ``n``.
        """
        if self.empty or not replace:
            return super().sample_elites(n, replace)  # type: ignore[no-any-return]
        cells = self._draw(n)
        return {name: array[cells] for name, array in self._fields.items()} | {"index": cells}

    def sample_fields(self, n: int, names: Sequence[str]) -> dict[str, Array]:
        """Those of the named fields ((n, ...) each) that there are, as ``sample_elites`` draws."""
        cells = self._draw(n)
        return {name: self._fields[name][cells] for name in names if name in self._fields}

    def _draw(self, n: int) -> Array:
        drawn = self._random.choice(self._occupancy["n_occupied"], size=n)
        cells: Array = self._occupancy["occupied_list"][drawn]
        return cells

    def retessellate(self, new_dims: Any) -> None:
        """Is not offered: the cells of an inner loop are those of the real archive."""
        raise NotImplementedError("the inner loop's archive keeps its cells")

    @property
    def stats(self) -> ArchiveStats:
        """Computed when it is asked for: objectives are added in the order of ``data()``."""
        objective = self.data("objective")
        if not len(objective):
            return super().stats
        score = np.sum(objective) - len(objective) * self.qd_score_offset
        return ArchiveStats(
            num_elites=len(objective),
            coverage=np.float64(len(objective) / self.cells),
            qd_score=np.float64(score),
            norm_qd_score=np.float64(score / self.cells),
            obj_max=objective.max(),
            obj_mean=np.mean(objective),
        )

    @property
    def best_elite(self) -> dict[str, Any] | None:
        """The elite of the highest objective, the first in ``data()``; None if there is none."""
        if self.empty:
            return None
        first = int(self.data("objective").argmax())
        return {name: values[first] for name, values in self.data().items()}

    def _as_stored(self, rows: dict[str, ArrayLike]) -> dict[str, Array] | None:
        """The rows as contiguous arrays of the stored types; None if they do not fit."""
        if rows.keys() != self._fields.keys() - {"threshold"}:
            return None
        batch, count = {}, None
        for name, values in rows.items():
            array = np.asarray(values)
            stored = self._fields[name]
            count = len(array) if count is None and array.ndim else count
            if array.shape != (count, *stored.shape[1:]):
                return None
            batch[name] = np.ascontiguousarray(array, stored.dtype)
        return batch

    def _insert(self, batch: dict[str, Array], cell: Array, status: Array, winners: Array) -> None:
        """Writes the winners, which are in the order of their cells, into those."""
        cells, occupancy = cell[winners], self._occupancy
        for name, values in batch.items():
            self._fields[name][cells] = values[winners]
        self._fields["threshold"][cells] = batch["objective"][winners]
        new = cells[status[winners] == 2]
        count = occupancy["n_occupied"]
        occupancy["occupied"][new] = True
        occupancy["occupied_list"][count : count + len(new)] = new
        occupancy["n_occupied"] = count + len(new)
        occupancy["updates"][0] += 1
