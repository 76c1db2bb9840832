"""Checks of simulations: are results those of level and seed alone, finite, and in range?"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from dsage_mpi.core.domain import Array, Simulator, TasksFailedError
from dsage_mpi.core.domain_base import DomainBase
from dsage_mpi.core.levels import grid_shape
from dsage_mpi.core.seeding import evaluation_seeds
from dsage_mpi.domains import measures_of
from dsage_mpi.rundir.failures import headline
from dsage_mpi.testing.solutions import COUNT, differs, samples
from dsage_mpi.testing.subject import Note

if TYPE_CHECKING:
    from dsage_mpi.testing.subject import Subject


def simulation_problems(subject: Subject) -> Iterator[str]:
    """Shape, dtype, and the same results in any batch, any order and any process."""
    domain = subject.domain
    tasks = _tasks(subject)
    yield from differs("tasks", tasks, (COUNT,), "one per solution")
    if tasks.dtype != domain.task_dtype:
        yield f"tasks gives {tasks.dtype}: expected task_dtype, {domain.task_dtype}"
    with _simulator(subject) as simulate:
        first, failed = _simulate(simulate, tasks)
        if len(failed) == len(tasks):
            yield f"all of {COUNT} simulations failed: {failed[0]}"
            return
        if failed:
            what = headline(next(iter(failed.values())))
            yield Note(f"{len(failed)} of {COUNT} simulations failed, the first with: {what}")
        yield from _undeclared(subject)
        yield from differs("the simulator", first, (COUNT,), "one result per task")
        if first.dtype != domain.result_dtype:
            yield f"the simulator gives {first.dtype}: expected result_dtype"
            return
        again = _simulate(simulate, tasks)
        backwards, failed_backwards = _simulate(simulate, tasks[::-1].copy())
        alone = [_simulate(simulate, tasks[k : k + 1]) for k in range(COUNT)]
    if _different((first, failed), again):
        yield (
            "the same tasks give other results at the second call: take random numbers from "
            "numpy.random.default_rng(seed), keep no state, look at no clock"
        )
        return
    turned = (backwards[::-1], {COUNT - 1 - k: text for k, text in failed_backwards.items()})
    if _different((first, failed), turned):
        yield "a result depends on the order of the tasks"
    one_by_one = np.concatenate([results for results, _ in alone])
    failed_alone = {k: texts[0] for k, (_, texts) in enumerate(alone) if texts}
    if _different((first, failed), (one_by_one, failed_alone)):
        yield "a result depends on the others of its batch"
    with _simulator(subject) as other:
        if _different((first, failed), _simulate(other, tasks)):
            yield "another simulator gives other results, as another rank would"


def evaluation_problems(subject: Subject) -> Iterator[str]:
    """Shapes, finite numbers, values in the declared ranges."""
    domain, tasks = subject.domain, _tasks(subject)
    with _simulator(subject) as simulate:
        results, failed = _simulate(simulate, tasks)
    ok = np.array([k for k in range(COUNT) if k not in failed])
    found, count = domain.interpret(tasks[ok], results[ok]), len(ok)
    yield from differs("interpret: objective", found.objective, (count,), "one per task")
    shape = (count, len(subject.measures))
    yield from differs("interpret: measures", found.measures, shape, "one column per measure")
    rows = (count, *domain.level_shape)
    yield from differs("interpret: levels", found.levels, rows, "level_shape")
    grid = (count, *grid_shape(domain.level_shape))
    yield from differs("interpret: occupancy", found.occupancy, grid, "level_shape")
    named = (count, len(domain.metadata_names))
    yield from differs("interpret: metadata", found.metadata, named, "metadata_names")
    if found.measures.shape != shape:
        return
    for what in ("objective", "measures", "occupancy"):
        if not np.isfinite(getattr(found, what)).all():
            yield f"{what} has a NaN or infinite number"
    known = measures_of(subject.settings) or {}
    for name, values in zip(subject.measures, found.measures.T, strict=True):
        low, high = known[name].low, known[name].high
        if values.min() < low or values.max() > high:
            yield (
                f'measure "{name}" has values from {values.min():g} to {values.max():g}, beyond '
                f"its range [{low:g}, {high:g}] in MEASURES"
            )
    told = domain.known_measures(found.levels)
    there = ~np.isnan(told)
    if not np.allclose(told[there], found.measures[there]):
        yield "known_measures tells other values than the simulation"
    if not np.array_equal(found.levels, domain.levels(samples(subject)[ok])):
        yield "interpret: levels are not those that levels gives"


def _undeclared(subject: Subject) -> Iterator[str]:
    """Numbers that ``simulate`` gives and nobody hears of."""
    domain = subject.domain
    if not isinstance(domain, DomainBase):
        return
    for task in _tasks(subject):
        with contextlib.suppress(Exception):  # a failed simulation, which has been told of
            given = domain.simulate(task["level"].copy(), int(task["seed"]))
            if extra := [f'"{k}"' for k in given if k not in (domain.result_dtype.names or ())]:
                yield Note(
                    f"simulate gives {', '.join(extra)}, which is recorded only if MEASURES or "
                    'METADATA name it ("occupancy": if OCCUPANCY is True)'
                )
            return


def _tasks(subject: Subject) -> Array:
    return subject.domain.tasks(samples(subject), evaluation_seeds(0, 0, COUNT))


@contextlib.contextmanager
def _simulator(subject: Subject) -> Iterator[Simulator]:
    simulator = subject.domain.make_simulator(subject.domain.simulator_payload())
    try:
        yield simulator
    finally:
        getattr(simulator, "close", lambda: None)()


def _simulate(simulate: Simulator, tasks: Array) -> tuple[Array, dict[int, str]]:
    """Results, and why some failed."""
    try:
        return np.asarray(simulate(tasks.copy())), {}
    except TasksFailedError as error:
        return np.asarray(error.results), dict(error.reasons)


def _different(one: tuple[Array, dict[int, str]], other: tuple[Array, dict[int, str]]) -> bool:
    """Whether results differ, or failures and their texts."""
    if one[1] != other[1] or one[0].shape != other[0].shape:
        return True
    ok = [k for k in range(len(one[0])) if k not in one[1]]
    return one[0][ok].tobytes() != other[0][ok].tobytes()
