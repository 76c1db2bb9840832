from __future__ import annotations

import numpy as np
import pytest

from dsage_mpi.core.domain import DomainError
from dsage_mpi.domains import build_domain
from dsage_mpi.domains.mario.records import WIN
from dsage_mpi.domains.mario.settings import MEASURES, MarioSettings
from tests.domains.mario import levels
from tests.domains.mario.jvm.games import own_tasks

SEEDS = np.arange(8, dtype=np.uint64) + 40


def domain(measures=("sky_tiles", "jumps"), rollouts=2, **simulator):
    simulator = {"budget": 200, "heap_mb": 64} | simulator
    settings = MarioSettings(name="mario", rollouts=rollouts, simulator=simulator)
    return build_domain(settings, measures)


def tasks_of(made, several):
    return np.concatenate([made.level_task(level) for level in several])


def play(made, several):
    """Evaluations of levels, by the real engine."""
    tasks = tasks_of(made, several)
    with made.make_simulator({}) as simulator:
        results = simulator(tasks)
    assert results.dtype == made.result_dtype
    return results, made.interpret(tasks, results)


def columns(made, evaluations):
    return dict(zip(made.metadata_names, evaluations.metadata.T, strict=True))


def test_initial_solutions_are_narrow_normals():
    solutions = domain().initial_solutions(np.random.default_rng(0), 500)
    assert (solutions.shape, solutions.dtype) == ((500, 32), np.float64)
    assert abs(solutions.std() - 0.2) < 0.005
    assert abs(solutions.mean()) < 0.005


def test_a_flat_level_by_hand():
    # mario.md section 5: running to the right wins a flat level after 89 ticks.
    made = domain(tuple(MEASURES))
    _, evaluations = play(made, [levels.flat()])
    found = columns(made, evaluations)
    np.testing.assert_array_equal(evaluations.measures, evaluations.metadata[:, : len(MEASURES)])
    assert evaluations.objective[0] == found["completion"][0] == found["win_rate"][0] == 1
    assert found["ticks"][0] == 89
    assert found["remaining_time"][0] == 20_000 - 30 * 90
    for name in ("sky_tiles", "num_enemies", "enemies_killed", "jumps", "jumped", "coins"):
        assert found[name][0] == 0, name
    # Each tick is one visit, on the ground all the way and further to the right each time.
    assert evaluations.occupancy.sum() == 89
    assert evaluations.occupancy[0, 13].sum() == 89
    assert (evaluations.occupancy[0, 13] > 0).all()


def test_measures_of_games_with_everything():
    made = domain(tuple(MEASURES))
    results, evaluations = play(made, own_tasks(8)["level"])
    found, first = columns(made, evaluations), results["rollout"][:, 0]
    np.testing.assert_array_equal(found["jumps"], first["jumps"])
    np.testing.assert_array_equal(found["enemies_killed"], first["kills"])
    np.testing.assert_array_equal(found["win_rate"], first["status"] == WIN)
    np.testing.assert_array_equal(found["long_jump"], first["max_x_jump"] > 120)
    assert 0 < found["win_rate"].mean() < 1
    assert found["jumps"].min() >= 1
    inside = evaluations.occupancy.sum(axis=(1, 2))
    assert (inside <= found["ticks"]).all()
    assert (inside > 0.8 * found["ticks"]).all()


def test_a_spread_of_budgets_makes_rollouts_differ():
    several = own_tasks(8)["level"]
    alike, _ = play(domain(rollouts=4), several)
    spread, _ = play(domain(rollouts=4, budget_spread=0.5), several)
    assert (alike["rollout"] == alike["rollout"][:, :1]).all()
    assert (spread["rollout"]["nodes"].std(axis=1) > 0).any()


@pytest.mark.parametrize("spread", [0.0, 0.4])
def test_tasks_depend_on_solution_and_seed_alone(spread):
    made = domain(budget_spread=spread, rollouts=3)
    solutions = made.initial_solutions(np.random.default_rng(3), 8)
    tasks = made.tasks(solutions, SEEDS)
    assert tasks.dtype == made.task_dtype
    order = np.array([5, 0, 7, 2])
    np.testing.assert_array_equal(made.tasks(solutions[order], SEEDS[order]), tasks[order])
    np.testing.assert_array_equal(made.bare_levels(solutions), tasks["level"])
    np.testing.assert_array_equal(made.levels(solutions), tasks["level"])
    assert (tasks["budget"] == 200).all() == (spread == 0)


def test_an_empty_batch():
    made = domain(tuple(MEASURES))
    tasks = made.tasks(np.empty((0, 32)), SEEDS[:0])
    evaluations = made.interpret(tasks, np.zeros(0, made.result_dtype))
    assert evaluations.measures.shape == (0, len(MEASURES))
    assert evaluations.occupancy.shape == (0, 16, 56)


def test_predicted_cost():
    predicted = np.array([[10.0, 30.0], [20.0, -5.0]])
    occupancy = np.stack([np.full((16, 56), 0.1), np.full((16, 56), -1)]).astype(np.float32)
    np.testing.assert_allclose(domain().predicted_cost(predicted, occupancy), [89.6, 0], rtol=1e-6)
    np.testing.assert_array_equal(domain().predicted_cost(predicted, None), [30, 0])
    both = domain(("jumps", "ticks"))
    np.testing.assert_array_equal(both.predicted_cost(predicted, None), [30, 0])
    assert domain(("sky_tiles", "num_enemies")).predicted_cost(predicted, None) is None


def test_an_unknown_measure_is_refused():
    with pytest.raises(DomainError, match="no measure 'speed'; expected some of sky_tiles"):
        domain(("sky_tiles", "speed"))


def test_a_missing_generator_is_told_on_rank_0():
    settings = MarioSettings(name="mario", generator="/no/such/netG.pth")
    with pytest.raises(DomainError, match=r"/no/such/netG\.pth does not exist"):
        build_domain(settings, ("sky_tiles", "jumps")).simulator_payload()


def test_a_missing_jar_is_told_on_rank_0():
    settings = MarioSettings(name="mario", simulator={"jar": "/no/such.jar", "agent": "a"})
    with pytest.raises(DomainError, match=r"/no/such\.jar"):
        build_domain(settings, ("sky_tiles", "jumps")).simulator_payload()


def test_everything_is_there():
    assert domain().simulator_payload() == {}


def test_levels_as_text():
    made = domain()
    text = "\n".join(["-" * 56] * 14 + ["X" * 56] * 2)
    np.testing.assert_array_equal(made.level_from_text(text + "\n"), levels.flat())
    with pytest.raises(DomainError, match="no Mario level: 1 rows; expected 14 to 16"):
        made.level_from_text("hello")


def test_known_measures_are_those_that_a_simulation_gives():
    """Whatever a level tells by itself equals what is measured; all else is left open."""
    made = domain(tuple(MEASURES))
    solutions = np.random.default_rng(3).standard_normal((len(SEEDS), 32))
    tasks = made.tasks(solutions, SEEDS)
    with made.make_simulator({}) as simulator:
        real = made.interpret(tasks, simulator(tasks)).measures
    known = made.known_measures(made.levels(solutions))
    told = ~np.isnan(known)
    np.testing.assert_array_equal(known[told], real[told])
    found = {name: column for name, column in zip(MEASURES, told.T, strict=True) if column.any()}
    assert list(found) == ["sky_tiles", "num_enemies", "kl_level1", "kl_level3"]
    assert all(column.all() for column in found.values())
