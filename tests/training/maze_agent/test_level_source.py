from __future__ import annotations

import numpy as np
import pytest

from dsage_mpi.core.domain import DomainError
from dsage_mpi.domains.maze.levels import analyse
from dsage_mpi.training.maze_agent.grid import GOAL, padded_index
from dsage_mpi.training.maze_agent.level_source import (
    LevelSource,
    corridor_level,
    density_levels,
    prepare_levels,
    random_levels,
)
from dsage_mpi.training.maze_agent.settings import LevelSettings

SETTINGS = LevelSettings(fresh_per_update=40, pool=64, replay_slots=4, replay_probability=0.5)


def test_start_and_goal_lie_at_the_diameter() -> None:
    levels = density_levels(np.random.default_rng(1), np.full(20, 0.4))
    geometry = analyse(levels)
    batch = prepare_levels(levels)
    assert len(batch) == 20
    np.testing.assert_array_equal(batch.starts, padded_index(geometry.start))
    np.testing.assert_array_equal((batch.grids == GOAL).argmax(1), padded_index(geometry.goal))
    rows = np.arange(20)
    np.testing.assert_array_equal(batch.distances[rows, batch.starts], geometry.optimal_path_length)


def test_path_limits_select_levels() -> None:
    levels = density_levels(np.random.default_rng(1), np.full(50, 0.5))
    length = analyse(levels).optimal_path_length
    batch = prepare_levels(levels, 10, 20)
    assert len(batch) == ((length >= 10) & (length <= 20)).sum() > 0


def test_degenerate_levels_are_left_out() -> None:
    assert len(prepare_levels(np.ones((3, 16, 16), np.uint8))) == 0


def test_densities_are_spread_over_the_configured_range() -> None:
    settings = LevelSettings(density_low=0.2, density_high=0.5, corridor_fraction=0.0)
    walls = random_levels(np.random.default_rng(2), 400, settings).mean((1, 2))
    assert walls.mean() == pytest.approx(0.35, abs=0.02)
    assert walls.min() < 0.25
    assert walls.max() > 0.45


def test_corridor_mazes_connect_all_rooms() -> None:
    rng = np.random.default_rng(3)
    levels = np.array([corridor_level(rng) for _ in range(30)])
    assert (analyse(levels).n_reachable >= 127).all()


def test_failures_are_remembered_and_mastered_ones_give_way() -> None:
    source = LevelSource(SETTINGS)
    rng = np.random.default_rng(4)
    source.refresh(rng)
    failed, slots = source.draw(rng, 3)
    assert (slots == -1).all()
    source.report(failed, slots, np.zeros(3, dtype=bool))
    drawn, slots = source.draw(rng, 200)
    stored = slots >= 0
    assert 0.3 < stored.mean() < 0.7
    known = {grid.tobytes() for grid in failed.grids}
    assert all(grid.tobytes() in known for grid in drawn.grids[stored])
    for _ in range(30):
        source.report(drawn.rows(np.array([0])), np.array([0]), np.ones(1, dtype=bool))
    _, slots = source.draw(rng, 2000)
    assert (slots == 0).sum() < 0.2 * (slots == 1).sum()


def test_state_continues_the_same_stream_of_levels() -> None:
    first, second = LevelSource(SETTINGS), LevelSource(SETTINGS)
    rng = np.random.default_rng(5)
    first.refresh(rng)
    batch, slots = first.draw(rng, 5)
    first.report(batch, slots, np.array([True, False, False, True, False]))
    second.load_state(first.state())
    for source in (first, second):
        source.refresh(np.random.default_rng(6))
    found = [source.draw(np.random.default_rng(7), 50) for source in (first, second)]
    np.testing.assert_array_equal(found[0][0].grids, found[1][0].grids)
    np.testing.assert_array_equal(found[0][1], found[1][1])


def test_settings_that_no_level_fits_are_refused() -> None:
    source = LevelSource(SETTINGS.model_copy(update={"minimum_path": 250}))
    with pytest.raises(DomainError, match="has a path of 250 to 255 moves"):
        source.refresh(np.random.default_rng(1))
