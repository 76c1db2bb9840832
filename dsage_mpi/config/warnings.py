"""What is allowed in a configuration but probably not meant."""

from __future__ import annotations

from collections.abc import Iterator

from dsage_mpi.config.balance import BalanceSettings
from dsage_mpi.config.schema import Config
from dsage_mpi.domains import gives_occupancy, has_planes
from dsage_mpi.surrogate.registry import network_facts


def config_warnings(config: Config) -> Iterator[str]:
    """One line for each such thing; all inputs that come with the package have none."""
    algorithm = config.algorithm
    if config.uses_surrogate and algorithm.initial_solutions >= algorithm.max_evaluations:
        yield (
            f"algorithm.initial_solutions = {algorithm.initial_solutions} uses up the budget, "
            f"algorithm.max_evaluations = {algorithm.max_evaluations}: no surrogate is trained"
        )
    if config.uses_surrogate and config.surrogate.planes and not has_planes(config.domain):
        yield (
            f"surrogate.planes = true: the {config.domain_name} domain computes none; leave it out"
        )
    if config.uses_surrogate and config.surrogate.ancillary:
        facts, kind = network_facts(config.surrogate.kind), config.surrogate.kind
        if not gives_occupancy(config.domain):
            yield (
                "surrogate.ancillary = true: simulations of the "
                f"{config.domain_name} domain give no occupancy, so there is nothing to learn; "
                "leave it out"
            )
        elif not facts.occupancy:
            yield (
                f'surrogate.ancillary = true: surrogate.kind = "{kind}" predicts no occupancy; '
                "leave it out"
            )
    if config.uses_surrogate and config.balance != BalanceSettings() and not config.balances:
        yield (
            "[balance] is set, and nothing is balanced by it: set inner_loop.iterations or "
            'surrogate.max_steps = "balanced", or leave it out'
        )
    if config.uses_surrogate and config.surrogate.device == "cpu":
        if config.inner_loop.archive == "tensors":
            yield (
                'inner_loop.archive = "tensors" with surrogate.device = "cpu": gives the same as '
                '"native", which is faster there'
            )
        if config.surrogate.cuda_graphs:
            yield 'surrogate.cuda_graphs = true: has no effect with surrogate.device = "cpu"'
    if _trains_members_on_one_rank(config):
        yield (
            f'farm.compute = "ranks" with surrogate.threads = {config.surrogate.threads}: rank 0 '
            f"trains all {config.surrogate.members} members; with surrogate.threads = 1 other "
            "ranks train some of them"
        )


def _trains_members_on_one_rank(config: Config) -> bool:
    """Whether other ranks are to help rank 0, and cannot where it has most to do."""
    surrogate = config.surrogate
    shares = config.uses_surrogate and config.farm.compute == "ranks"
    return shares and surrogate.members > 1 and surrogate.threads not in (1, "auto")
