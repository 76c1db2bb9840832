"""What rank 0's surrogate and another rank's tell each other: arrays by name, as bytes."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dsage_mpi.core.computing import Bytes
from dsage_mpi.core.levels import LevelSpace
from dsage_mpi.surrogate.settings import SurrogateSettings

#: What requests are about.
Role = Literal["predict", "train"]
Arrays = dict[str, NDArray[Any]]

#: Names, among the arrays of a state, of what is none of its role's.
PROCESSOR, ROLE = ":processor", ":role"
_MARK = "array:"


class Shape(NamedTuple):
    """What networks are built from, as on rank 0.

    Attributes:
        settings: The table ``[surrogate]``.
        space: What levels are.
        outputs: 1 + number of measures.
        usual_batch: Levels that rank 0 predicts at once, mostly.
    """

    settings: SurrogateSettings
    space: LevelSpace
    outputs: int
    usual_batch: int


def packed_state(role: Role, arrays: Mapping[str, Any], processor: str) -> Bytes:
    """What all requests of a role depend on, and the processor that it is meant for, as bytes."""
    return packed({**arrays, PROCESSOR: np.array(processor), ROLE: np.array(role)})


def packed(arrays: Mapping[str, Any]) -> Bytes:
    """Arrays and numbers by name, as bytes."""
    file = io.BytesIO()
    # With a mark before them, names cannot be those of parameters of ``savez``.
    marked: dict[str, Any] = {_MARK + name: np.asarray(value) for name, value in arrays.items()}
    np.savez(file, **marked)
    return np.frombuffer(file.getvalue(), np.uint8)


def unpacked(data: Bytes) -> Arrays:
    """What ``packed`` packed."""
    saved = np.load(io.BytesIO(data.tobytes()), allow_pickle=False)
    return {name.removeprefix(_MARK): value for name, value in saved.items()}
