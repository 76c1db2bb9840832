"""Opens the farm on rank 0: of one rank or of many."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from dsage_mpi.farm.interface import Farm
from dsage_mpi.farm.settings import FarmSettings

if TYPE_CHECKING:
    from dsage_mpi.core.domain import Simulator
    from dsage_mpi.farm.launch import World


def open_farm(
    world: World,
    make_simulator: Callable[[], Simulator],
    task_dtype: np.dtype[Any],
    result_dtype: np.dtype[Any],
    settings: FarmSettings,
    on_wait: Callable[[], None] = lambda: None,
) -> Farm:
    """Opens the farm on rank 0, while all other ranks call ``serve`` with the same arguments.

    In a world of one, rank 0 simulates itself.

    Args:
        world: All ranks.
        make_simulator: Builds a rank's simulator.
        task_dtype: Of the tasks.
        result_dtype: Of their results.
        settings: How tasks travel.
        on_wait: Called again and again until every rank has its simulator, which one on a sick node
            may never have. What this raises is raised here; then abort the world.

    Raises:
        FarmError: Some rank could not build its simulator; says which and why. All workers have
            been let go.
        ValueError: A dtype cannot be sent as plain bytes.
    """
    task_dtype, result_dtype = np.dtype(task_dtype), np.dtype(result_dtype)
    for name, dtype in (("task", task_dtype), ("result", result_dtype)):
        if dtype.hasobject or dtype.itemsize == 0:
            raise ValueError(
                f"the {name} dtype {dtype} cannot be sent as bytes: expected a dtype of fixed, "
                "positive size without Python objects"
            )
    if world.size == 1:
        from dsage_mpi.farm.serial import SerialFarm

        return SerialFarm(make_simulator, task_dtype, result_dtype, settings)
    from dsage_mpi.farm.manager import MpiFarm

    return MpiFarm(world, task_dtype, result_dtype, settings, on_wait)
