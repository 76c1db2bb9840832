"""Types of the native extension (sources: native/)."""

import numpy as np
from numpy.typing import NDArray

class GridView:
    def __init__(
        self,
        cells: NDArray[np.int32],
        low: NDArray[np.float64],
        high: NDArray[np.float64],
        epsilon: float,
        occupied: NDArray[np.bool_],
        objective: NDArray[np.float64],
    ) -> None: ...
    def place(
        self,
        objective: NDArray[np.float64],
        measures: NDArray[np.float64],
        cell: NDArray[np.int32],
        status: NDArray[np.int32],
        value: NDArray[np.float64],
        winners: NDArray[np.int64],
    ) -> int: ...

def smallest(
    keys: NDArray[np.float32], positions: NDArray[np.int64], tied: NDArray[np.bool_]
) -> None: ...
