"""Passages take more jumps than open land, can be got through, and are independent of the sky."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from dsage_mpi.core.domain import DomainError
from dsage_mpi.domains.mario.jvm.jar import find_jar
from dsage_mpi.domains.mario.records import WIDTH, WIN, task_dtype
from dsage_mpi.domains.mario.settings import MarioSettings
from dsage_mpi.domains.mario.simulator import MarioSimulator
from dsage_mpi.training.mario_generator.author.canvas import EMPTY, LAND, Canvas
from dsage_mpi.training.mario_generator.author.passages import dead_end, passage
from dsage_mpi.training.mario_generator.author.styles import overground, passages
from dsage_mpi.training.mario_generator.quality import sky_tiles


@settings(max_examples=100, deadline=None)
@example(seed=2097)  # bumps of one stretch right before the lower roof of the next
@given(seed=st.integers(0, 2**32 - 1))
def test_there_is_a_way_through(seed: int) -> None:
    """In each column a free cell over the floor, one that is free in the next column as well."""
    canvas = Canvas()
    canvas.land(0, WIDTH)
    passage(canvas, np.random.default_rng(seed))
    free = canvas.level == EMPTY
    reached = np.flatnonzero(free[:LAND, 0])
    for column in range(WIDTH):
        inside = np.flatnonzero(free[:LAND, column])
        inside = inside[inside >= 9]  # under the roof, which is no lower than row 10
        reached = inside if column == 0 else np.intersect1d(reached, inside)
        assert len(reached), f"column {column} is shut"
        reached = _spread(reached, inside)
    assert (canvas.level[LAND:] != EMPTY).all()


def _spread(reached: NDArray[np.intp], free: NDArray[np.intp]) -> NDArray[np.intp]:
    """The rows of a column that belong to the same opening as a reached one."""
    openings = np.split(free, np.flatnonzero(np.diff(free) > 1) + 1)
    return np.concatenate([rows for rows in openings if np.isin(rows, reached).any()])


@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_dead_ends_are_shut(seed: int) -> None:
    canvas = Canvas()
    canvas.land(0, WIDTH)
    dead_end(canvas, np.random.default_rng(seed))
    walls = (canvas.level[LAND - 6 : LAND] != EMPTY).all(axis=0)
    assert walls.sum() == 2
    assert np.flatnonzero(walls).min() >= 16


def test_passages_take_more_jumps_whatever_the_sky() -> None:
    try:
        find_jar()
    except DomainError as error:
        pytest.skip(str(error))
    with MarioSimulator(MarioSettings(name="mario", rollouts=1)) as simulator:
        sky, jumps = _completed(simulator, passages)
        _, open_jumps = _completed(simulator, overground)
    assert len(jumps) >= 24
    assert (jumps >= 8).mean() > 0.25 > (open_jumps >= 8).mean()
    assert jumps.max() >= 12
    assert abs(np.corrcoef(sky, jumps)[0, 1]) < 0.5


def _completed(
    simulator: MarioSimulator, style: Callable[[Canvas, np.random.Generator], None]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Sky tiles and jumps of those of 40 levels that the agent completes."""
    rng = np.random.default_rng(5)
    tasks = np.zeros(40, task_dtype(1))
    tasks["budget"] = 1000
    for number in range(len(tasks)):
        canvas = Canvas()
        style(canvas, rng)
        tasks["level"][number] = canvas.level
    rollouts = simulator(tasks)["rollout"][:, 0]
    won = rollouts["status"] == WIN
    return sky_tiles(tasks["level"])[won], rollouts["jumps"][won].astype(np.int64)
