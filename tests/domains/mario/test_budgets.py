from __future__ import annotations

import numpy as np

from dsage_mpi.domains.mario.budgets import draw_budgets
from dsage_mpi.domains.mario.settings import SimulatorSettings

SEEDS = np.arange(2000, dtype=np.uint64) + 2**63


def test_without_spread_all_rollouts_have_the_same_budget():
    budgets = draw_budgets(SimulatorSettings(budget=777), SEEDS[:3], 5)
    assert budgets.dtype == np.int32
    np.testing.assert_array_equal(budgets, np.full((3, 5), 777))


def test_the_clock_has_milliseconds():
    settings = SimulatorSettings(planner="wallclock", budget=777, budget_ms=33)
    np.testing.assert_array_equal(draw_budgets(settings, SEEDS[:2], 2), np.full((2, 2), 33))


def test_spread_gives_the_published_distribution():
    # mario.md section 13, busy machine: 10 %, 50 % and 90 % below 570, 990 and 1560 nodes.
    budgets = draw_budgets(SimulatorSettings(budget=990, budget_spread=0.393), SEEDS, 5)
    low, middle, high = np.quantile(budgets, [0.1, 0.5, 0.9])
    assert abs(low / 570 - 1) < 0.08
    assert abs(middle / 990 - 1) < 0.03
    assert abs(high / 1560 - 1) < 0.08


def test_a_budget_depends_on_its_evaluations_seed_alone():
    settings = SimulatorSettings(budget_spread=0.3)
    budgets = draw_budgets(settings, SEEDS, 5)
    np.testing.assert_array_equal(draw_budgets(settings, SEEDS[7:8], 5)[0], budgets[7])
    np.testing.assert_array_equal(draw_budgets(settings, SEEDS[::-1], 5), budgets[::-1])
    np.testing.assert_array_equal(draw_budgets(settings, SEEDS, 3), budgets[:, :3])
    assert len(np.unique(budgets[:, 0])) > 500


def test_a_budget_is_at_least_one_node():
    settings = SimulatorSettings(budget=1, budget_spread=2.0)
    assert draw_budgets(settings, SEEDS, 5).min() == 1


def test_none_at_all():
    assert draw_budgets(SimulatorSettings(budget_spread=0.3), SEEDS[:0], 5).shape == (0, 5)
