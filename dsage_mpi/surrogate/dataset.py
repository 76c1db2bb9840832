"""All successful real evaluations as tensors on the training device, in evaluation order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from dsage_mpi.core.levels import LevelSpace
from dsage_mpi.core.state import Tree
from dsage_mpi.surrogate.device import explained_device_errors
from dsage_mpi.surrogate.encoding import computed_planes
from dsage_mpi.surrogate.errors import SurrogateError

#: Fields in the order in which `DataSet.add` takes them.
FIELDS = ("levels", "objective", "measures", "occupancy")


class DataSet:
    """Preallocated table of evaluations; training indexes batches straight out of it.

    Memory is reserved for all rows at once but, on the CPU, only touched as rows come in.

    Args:
        capacity: Most rows that will ever be added (the evaluation budget).
        space: What levels are.
        device: Where the tensors live (`Surrogate.device`).
        measure_count: Measures per evaluation.
    """

    def __init__(
        self,
        capacity: int,
        space: LevelSpace,
        device: torch.device | str = "cpu",
        *,
        measure_count: int = 2,
    ) -> None:
        self.capacity = capacity
        self.device = torch.device(device)
        self._length = 0
        #: Rows that the last `add` brought.
        self.newest = 0
        self._row_shapes: dict[str, tuple[int, ...]] = {
            "levels": space.shape,
            "objective": (),
            "measures": (measure_count,),
            "occupancy": space.grid_shape,
        }
        self._dtypes: dict[str, torch.dtype] = {
            "levels": torch.int8 if space.kind == "images" else torch.float64,
            "objective": torch.float64,
            "measures": torch.float64,
            "occupancy": torch.float32,
        }
        with explained_device_errors(
            f"reserving the data set ({capacity} evaluations)",
            "Lower the evaluation budget or use a device with more memory.",
        ):
            self._columns = {
                name: torch.empty((capacity, *self._row_shapes[name]), dtype=dtype, device=device)
                for name, dtype in self._dtypes.items()
            }
            self._planes: Tensor | None = None
            if space.planes is not None:
                shape = (capacity, len(space.planes.names), *space.shape)
                self._planes = torch.empty(shape, dtype=torch.float32, device=device)
        self._space = space

    def __len__(self) -> int:
        return self._length

    def add(
        self, levels: ArrayLike, objective: ArrayLike, measures: ArrayLike, occupancy: ArrayLike
    ) -> None:
        """Appends evaluations.

        Args:
            levels: (n, H, W) int8 tile codes, or (n, d) float64 vectors.
            objective: (n,) float64.
            measures: (n, k) float64.
            occupancy: (n, H, W) float32 mean visits per episode and tile; (n, 0) for vectors.

        Raises:
            SurrogateError: A shape is wrong, a number is not finite or the table is full;
                nothing has been added then.
        """
        rows = self._checked_rows((levels, objective, measures, occupancy))
        count = len(rows["levels"])
        end = self._length + count
        if end > self.capacity:
            raise SurrogateError(
                f"The surrogate's data set is full: it holds {self._length} of {self.capacity} "
                f"evaluations and {count} more were added. Its capacity must be the evaluation "
                "budget."
            )
        planes = computed_planes(self._space, rows["levels"])
        for name, values in rows.items():
            self._columns[name][self._length : end] = torch.from_numpy(values).to(self.device)
        if self._planes is not None and planes is not None:
            self._planes[self._length : end] = planes.to(self.device)
        self._length, self.newest = end, count

    def window(self, recent: int | None) -> dict[str, Tensor]:
        """The most recent rows (None: all) on the device, oldest first; views, not copies.

        With "planes" ((n, P, H, W)) if there are any.
        """
        first = 0 if recent is None else max(0, self._length - recent)
        columns = (
            self._columns if self._planes is None else {**self._columns, "planes": self._planes}
        )
        return {name: column[first : self._length] for name, column in columns.items()}

    def means(self) -> NDArray[np.float64]:
        """Means ((1 + k,) float64) of the objective and the measures over all rows."""
        rows = self.window(None)
        targets = torch.cat([rows["objective"].unsqueeze(1), rows["measures"]], dim=1)
        return np.asarray(targets.mean(dim=0).cpu().numpy())

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All rows as NumPy arrays by field name (on the CPU: views of the table itself)."""
        window = self.window(None)
        return {name: window[name].cpu().numpy() for name in FIELDS}

    def state(self) -> Tree:
        """Everything that a restart needs: the arrays of `arrays`."""
        return dict(self.arrays())

    def load_state(self, tree: Mapping[str, Any]) -> None:
        """Replaces all rows by those that `state` gave.

        Raises:
            SurrogateError: Fields or shapes do not belong to this data set.
        """
        missing = [name for name in FIELDS if name not in tree]
        if missing:
            raise SurrogateError(
                f"The saved data set has no {', '.join(missing)}; it has {', '.join(tree)}."
            )
        self._length = 0
        self.add(*(tree[name] for name in FIELDS))

    def _checked_rows(self, given: tuple[ArrayLike, ...]) -> dict[str, NDArray[Any]]:
        rows: dict[str, NDArray[Any]] = {}
        count: int | None = None
        for (name, dtype), values in zip(self._dtypes.items(), given, strict=True):
            array = np.array(values, dtype=_NUMPY[dtype], order="C")
            count = len(array) if count is None and array.ndim else count
            expected = (count, *self._row_shapes[name])
            if array.shape != expected:
                raise SurrogateError(
                    f"Data set: {name} has shape {array.shape}, expected {expected}."
                )
            if dtype.is_floating_point and not np.isfinite(array).all():
                row = int(np.argwhere(~np.isfinite(array))[0][0])
                raise SurrogateError(
                    f"Data set: {name} of added row {row} is not finite; such an evaluation "
                    "must be recorded as failed instead."
                )
            rows[name] = array
        return rows


_NUMPY = {torch.int8: np.int8, torch.float32: np.float32, torch.float64: np.float64}
