"""The outer loop as a generator: no run directory, no checkpoints, stop when you like."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING

from dsage_mpi.api.configuring import check_config
from dsage_mpi.api.steps import Step, describe_step
from dsage_mpi.config.schema import Config
from dsage_mpi.core.caches import provide_caches
from dsage_mpi.domains import build_domain
from dsage_mpi.domains.isolated import make_simulator
from dsage_mpi.farm.launch import World, open_world
from dsage_mpi.run.service import make_service

if TYPE_CHECKING:
    from dsage_mpi.core.domain import Array, Domain
    from dsage_mpi.farm.interface import Evaluator


class _NoDisplay:
    """Shows no progress; whoever iterates shows what they like."""

    def phase(self, name: str, total: int | None = None) -> None:
        """See ``ProgressDisplay``."""

    def advance(self, count: int = 1, note: str = "") -> None:
        """See ``ProgressDisplay``."""


def iterate(config: Config) -> Iterator[Step]:
    """Runs the search one outer iteration at a time; writes nothing anywhere.

    The search goes as far as you iterate, to the end of the configured budget at most, and finds
    what ``illuminate`` finds with the same configuration, bit for bit. Under ``mpirun`` the other
    ranks simulate: for them the loop has no iterations, and ends with that of rank 0.

    Args:
        config: What to run.

    Yields:
        One ``Step`` for each outer iteration.

    Raises:
        ConfigError: There is not enough memory for it.
        DomainError: What the domain needs (an agent, Java) is missing.
        SurrogateError: The device that the configuration names is not there, or training failed.
        FarmError: There is nobody left who can simulate.

    Example:
        >>> for step in dm.iterate(config):
        ...     print(step.iteration, step.metrics["qd_score"])
        ...     if step.metrics["coverage"] > 0.5:
        ...         break
    """
    check_config(config, "iterate")
    provide_caches(os.environ)
    world = open_world()
    domain = build_domain(config.domain, config.archive.measures)
    config, payload = _broadcast_payload(world, config, domain)
    if payload is None:
        return
    simulator = partial(
        make_simulator, domain, payload, config.domain, config.archive.measures, config.farm
    )
    arguments = (world, simulator, domain.task_dtype, domain.result_dtype, config.farm)
    if world.is_root:
        from dsage_mpi.farm.opening import open_farm

        with open_farm(*arguments) as farm:
            yield from _steps(config, domain, farm)
    else:
        from dsage_mpi.farm.worker import Duties, serve

        serve(*arguments, Duties(service=make_service(config, domain)))


def _broadcast_payload(
    world: World, config: Config, domain: Domain
) -> tuple[Config, Mapping[str, Array] | None]:
    """What rank 0 runs, and what every simulator needs; None where rank 0 raises what is wrong."""
    if not world.is_root:
        return config, world.bcast()
    from dsage_mpi.run.resolve_run import Asked, check

    try:
        config = check(Asked(config, "config"))
        payload = domain.simulator_payload()
    except Exception:
        world.bcast(None)
        raise
    world.bcast(payload)
    return config, payload


def _steps(config: Config, domain: Domain, farm: Evaluator) -> Iterator[Step]:
    # Imported by no other rank: what it needs takes seconds to load.
    from dsage_mpi.outer.loop import OuterLoop
    from dsage_mpi.outer.phases import Phases

    loop = OuterLoop(config, domain, farm, Phases(_NoDisplay()))
    for step in loop.steps():
        yield describe_step(loop, step)
