"""What the first sample of a domain and its level must be like."""

from __future__ import annotations

from typing import Any

import numpy as np

from dsage_mpi.core.domain import Array, Domain, DomainError
from dsage_mpi.core.positions import Positions


def check_sample(name: str, sample: Array, values: int, parameters: int | None) -> None:
    """Checks that solutions can be like a sample.

    Args:
        name: Of the domain's class.
        sample: What ``sample`` gave.
        values: How many values a position can take, if solutions are discrete.
        parameters: How many there are, if solutions are made of some.

    Raises:
        DomainError: They cannot; says what is expected.
    """
    where = f"{name}.sample(rng)"
    if sample.dtype.kind not in "buif" or not sample.size:
        raise DomainError(
            f"{where} gives {sample.dtype} of shape {sample.shape}: expected an array of "
            "integers (discrete solutions) or of real numbers (continuous ones)"
        )
    if parameters is not None:
        if sample.shape != (parameters,):
            raise DomainError(
                f"{where} gives shape {sample.shape}: expected name -> value for each of "
                "PARAMETERS (or leave sample out)"
            )
        return
    if sample.dtype.kind in "bui" and not 0 <= sample.min() <= sample.max() < values:
        raise DomainError(
            f"{where} gives numbers from {sample.min()} to {sample.max()}: expected 0 to "
            f"{values - 1}; raise VALUES, the number of values that a position can take"
        )


def check_level(name: str, level: Array, tiles: int, occupancy: bool) -> None:
    """Checks that levels can be like that of a sample: an image of tile codes, or a vector.

    Args:
        name: Of the domain's class.
        level: What ``level`` gave.
        tiles: Number of tile codes in images.
        occupancy: Whether simulations give occupancy grids.

    Raises:
        DomainError: They cannot; says what is expected.
    """
    where = f"{name}.level(solution)"
    whole = level.dtype.kind in "bui"
    if level.ndim not in (1, 2) or not (whole or (level.ndim == 1 and level.dtype.kind == "f")):
        raise DomainError(
            f"{where} gives {level.dtype} of shape {level.shape}: expected integers (tile "
            "codes) in two dimensions, or numbers in one (a vector). Have sample give such a "
            "solution, or override level"
        )
    if level.ndim == 1:
        if occupancy:
            raise DomainError(
                f"{where} gives a vector: OCCUPANCY = True needs levels in two dimensions"
            )
        return
    if not 0 <= level.min() <= level.max() < min(tiles, 128):
        raise DomainError(
            f"{where} gives tile codes from {level.min()} to {level.max()}: expected 0 to "
            f"{min(tiles, 128) - 1}; TILES is the number of tile codes, at most 128"
        )


def batch_problem(solutions: Any, domain: Domain) -> str:
    """What is wrong with a batch that a component from elsewhere made; empty if nothing is.

    Args:
        solutions: What should be (n, solution_dim).
        domain: Whose solutions they should be.
    """
    found, dim = np.asarray(solutions), domain.solution_dim
    kinds = "bui" if domain.solution_kind == "discrete" else "buif"
    if found.shape[1:] != (dim,) or found.dtype.kind not in kinds:
        return (
            f"{found.dtype} of shape {found.shape}: expected {domain.solution_dtype} of shape "
            f"(n, {dim}), a row per solution"
        )
    problem = Positions.of(domain).problem(found)
    return f"no solution: {problem}" if problem else ""


def shown(solution: Any) -> str:
    """A solution for a message, shortened."""
    if isinstance(solution, dict):
        return str(solution)
    return np.array2string(solution, threshold=20, precision=4).replace("\n", "")
