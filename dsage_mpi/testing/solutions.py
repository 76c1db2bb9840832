"""Checks of what needs no simulation: measures, solutions, levels, pictures."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from dsage_mpi.core.domain import Array, DomainError, renderer
from dsage_mpi.core.levels import LevelSpace, level_dtype, level_kind
from dsage_mpi.core.positions import REAL, Positions
from dsage_mpi.core.tensor_levels import tensor_levels, tensor_problems
from dsage_mpi.domains import measures_of
from dsage_mpi.surrogate.encoding import computed_planes
from dsage_mpi.surrogate.errors import SurrogateError
from dsage_mpi.testing.subject import Note

if TYPE_CHECKING:
    from dsage_mpi.core.domain import Domain
    from dsage_mpi.testing.subject import Subject

#: Solutions that are looked at.
COUNT = 12


def samples(subject: Subject, seed: int = 0, count: int = COUNT) -> Array:
    """The same random solutions at every call."""
    return subject.domain.initial_solutions(np.random.default_rng(seed), count)


def measure_problems(subject: Subject) -> Iterator[str]:
    """Whether archives can be spanned by them."""
    known = measures_of(subject.settings) or {}
    if not known:
        yield "MEASURES has none: an archive needs one to six"
    for name, measure in known.items():
        if not measure.low < measure.high:
            yield (
                f'MEASURES["{name}"] ranges from {measure.low} to {measure.high}: expected '
                "low < high"
            )


def solution_problems(subject: Subject) -> Iterator[str]:
    """Shape, dtype, range, and whether they depend on the generator alone."""
    domain, found = subject.domain, samples(subject)
    yield from differs("initial_solutions", found, (COUNT, domain.solution_dim), "solution_dtype")
    if found.dtype != domain.solution_dtype:
        yield f"initial_solutions gives {found.dtype}: expected {domain.solution_dtype}"
        return
    if domain.solution_kind == "discrete":
        if found.min() < 0 or found.max() >= domain.solution_values:
            yield (
                f"random solutions have values from {found.min()} to {found.max()}: expected 0 to "
                f"{domain.solution_values - 1}"
            )
    elif not np.isfinite(found).all():
        yield "random solutions are not all finite"
    elif domain.solution_kind == "mixed":
        yield from _parameter_problems(domain, found)
    if not np.array_equal(found, samples(subject)):
        yield (
            "the same generator gives other solutions at the second call: take random numbers "
            "from rng alone, and keep no state"
        )
    elif np.array_equal(found, samples(subject, seed=1)):
        yield "another generator gives the same solutions: take random numbers from rng"


def _parameter_problems(domain: Domain, found: Array) -> Iterator[str]:
    """Whether each parameter keeps to what was declared."""
    places = Positions.of(domain)
    whole = places.kinds != REAL
    if (found < places.low).any() or (found > places.high).any():
        yield "random solutions have parameters outside of their range in PARAMETERS"
    elif (found[:, whole] != np.rint(found[:, whole])).any():
        yield "random solutions have integers or choices that are no whole numbers"


def level_problems(subject: Subject) -> Iterator[str]:
    """Shape, tile codes, and whether a level depends on its solution alone."""
    domain, some = subject.domain, samples(subject)
    levels = domain.levels(some)
    yield from differs("levels", levels, (COUNT, *domain.level_shape), "level_shape")
    wanted = level_dtype(domain.level_shape)
    if levels.dtype != wanted:
        yield f"levels gives {levels.dtype}: expected {wanted}"
    if level_kind(domain.level_shape) == "images":
        yield from _tile_problems(domain, levels)
    elif not np.isfinite(levels).all():
        yield "levels have a NaN or infinite number"
    one_by_one = np.concatenate([domain.levels(some[k : k + 1]) for k in reversed(range(COUNT))])
    if not np.array_equal(one_by_one[::-1], levels, equal_nan=True):
        yield "a level depends on the others of its batch or on what was asked before"
    bare = domain.bare_levels(some)
    if bare.shape != levels.shape:
        yield f"bare_levels gives shape {bare.shape}: expected {levels.shape}, as levels"
    if domain.levels(some[:0]).shape[0] != 0:
        yield "levels of no solutions are not none"


def _tile_problems(domain: Domain, levels: Array) -> Iterator[str]:
    """Whether tile codes are those that there are."""
    if levels.min() < 0 or levels.max() >= domain.tile_count:
        yield (
            f"levels have tile codes from {levels.min()} to {levels.max()}: expected 0 to "
            f"{domain.tile_count - 1} (TILES)"
        )
    if not 0 <= domain.empty_tile < domain.tile_count:
        yield f"the empty tile is {domain.empty_tile}: expected 0 to {domain.tile_count - 1}"


def plane_problems(subject: Subject) -> Iterator[str]:
    """Whether images for networks are what is expected, and levels on a device the same."""
    domain = subject.domain
    named = bool(getattr(domain, "PLANES", ()))
    if hasattr(domain, "planes") and not named:
        yield Note("planes(levels) is never asked for: PLANES names none")
    levels = domain.levels(samples(subject))
    try:
        computed_planes(LevelSpace.of(domain, planes=named), levels)
    except SurrogateError as error:
        yield str(error)
        return
    for bare in (False, True):
        for planes in {False, named}:
            try:
                made = tensor_levels(domain, "cpu", bare=bare, planes=planes)
            except DomainError:  # not to be had
                continue
            if made is not None:
                yield from tensor_problems(
                    made, domain, samples(subject), "cpu", bare=bare, planes=planes
                )


def picture_problems(subject: Subject) -> Iterator[str]:
    """Whether a level can be drawn; those that are vectors need not be."""
    render = renderer(subject.domain)
    if render is None:
        return
    picture = np.asarray(render(subject.domain.levels(samples(subject))[0]))
    if picture.ndim != 3 or picture.shape[2] != 3 or picture.dtype != np.uint8:
        yield (
            f"draw gives {picture.dtype} of shape {picture.shape}: expected uint8 of shape "
            "(height, width, 3)"
        )


def differs(what: str, array: Array, expected: tuple[int, ...], named: str) -> Iterator[str]:
    """One sentence if the shape is another."""
    if np.shape(array) != expected:
        yield f"{what} gives shape {np.shape(array)}: expected {expected}, see {named}"
