"""What the scenarios share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dsage_mpi.farm import (
    Farm,
    FarmSettings,
    World,
    open_farm,
    serve,
)
from tests.farm.toy import RESULT, TASK, Kind

BAD = {1: Kind.RAISE, 4: Kind.NAN, 9: Kind.SYSTEM_EXIT, 10: Kind.WRONG_DTYPE}


def farm_on_root(
    world: World,
    make: Callable[[], Any],
    settings: FarmSettings,
    body: Callable[[Farm], None],
    dtypes: tuple[Any, Any] = (TASK, RESULT),
) -> None:
    """Runs ``body`` on rank 0 with a farm of all other ranks."""
    if not world.is_root:
        serve(world, make, *dtypes, settings)
        return
    with open_farm(world, make, *dtypes, settings) as farm:
        body(farm)
