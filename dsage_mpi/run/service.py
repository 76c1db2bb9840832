"""What a rank that simulates does for rank 0 beside that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsage_mpi.core.levels import LevelSpace
from dsage_mpi.core.processor import processor

if TYPE_CHECKING:
    from dsage_mpi.config.schema import Config
    from dsage_mpi.core.computing import Service
    from dsage_mpi.core.domain import Domain


def make_service(config: Config, domain: Domain) -> Service | None:
    """Computes for rank 0's surrogate, if ``farm.compute`` says so; loads torch when asked to."""
    if not config.uses_surrogate or config.farm.compute != "ranks":
        return None
    from dsage_mpi.outer.balance import levels_per_iteration
    from dsage_mpi.surrogate.remote import SurrogateService
    from dsage_mpi.surrogate.remote_messages import Shape

    space = LevelSpace.of(domain, config.surrogate.planes)
    outputs = 1 + len(config.archive.measures)
    shape = Shape(config.surrogate, space, outputs, levels_per_iteration(config))
    return SurrogateService(shape, processor())
