"""What is allowed in a configuration but probably not meant."""

from __future__ import annotations

from collections.abc import Iterator

from dsage_mpi.config.schema import Config


def config_warnings(config: Config) -> Iterator[str]:
    """One line for each such thing; all inputs that come with the package have none."""
    algorithm = config.algorithm
    if config.uses_surrogate and algorithm.initial_solutions >= algorithm.max_evaluations:
        yield (
            f"algorithm.initial_solutions = {algorithm.initial_solutions} uses up the budget, "
            f"algorithm.max_evaluations = {algorithm.max_evaluations}: no surrogate is trained"
        )
