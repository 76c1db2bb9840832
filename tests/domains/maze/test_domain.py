from __future__ import annotations

import numpy as np
import pytest

from dsage_mpi.core.domain import DomainError
from dsage_mpi.domains import build_domain
from dsage_mpi.domains.maze.domain import MazeDomain
from dsage_mpi.domains.maze.levels import analyse, mark_endpoints
from dsage_mpi.domains.maze.settings import MEASURES, MazeSettings
from tests.domains.maze import golden

SEEDS = np.arange(6, dtype=np.uint64) + 40


def _domain(measures=("num_blocks", "agent_path_length"), **settings):
    return build_domain(MazeSettings(name="maze", rollouts=6, **settings), measures)


def _levels():
    levels = golden.narrow_levels(41, 6)
    levels[2] = 1  # degenerate
    return levels


def _evaluate(domain, levels=None, seeds=SEEDS):
    solutions = (_levels() if levels is None else levels).reshape(-1, 256)
    tasks = domain.tasks(solutions, seeds)
    simulator = domain.make_simulator(golden.random_weights(2))
    results = simulator(tasks)
    assert results.dtype == domain.result_dtype
    return tasks, results, domain.interpret(tasks, results)


def test_initial_solutions_are_fair_coins():
    solutions = _domain().initial_solutions(np.random.default_rng(0), 300)
    assert solutions.shape == (300, 256)
    assert set(np.unique(solutions)) == {0, 1}
    assert abs(solutions.mean() - 0.5) < 0.01


def test_levels_as_the_surrogate_sees_them():
    domain, levels = _domain(), _levels()
    solutions = levels.reshape(-1, 256)
    np.testing.assert_array_equal(domain.levels(solutions), mark_endpoints(levels, analyse(levels)))
    np.testing.assert_array_equal(domain.bare_levels(solutions), levels)
    _, _, evaluations = _evaluate(domain)
    np.testing.assert_array_equal(evaluations.levels, domain.levels(solutions))


def test_evaluations_of_the_independent_protocol():
    domain = _domain(tuple(MEASURES))
    _, results, evaluations = _evaluate(domain)
    fields = dict(zip(domain.metadata_names, evaluations.metadata.T, strict=True))
    playable = np.arange(6) != 2
    np.testing.assert_array_equal(evaluations.measures, evaluations.metadata[:, : len(MEASURES)])
    np.testing.assert_array_equal(evaluations.objective, playable)
    np.testing.assert_array_equal(fields["solvability"], playable)
    np.testing.assert_array_equal(fields["num_blocks"], _levels().sum(axis=(1, 2)))
    np.testing.assert_allclose(fields["agent_path_length"], results["length"].mean(axis=1))
    # Each step is a visit: the occupancy of complete episodes sums to their mean length.
    np.testing.assert_allclose(
        evaluations.occupancy.sum(axis=(1, 2)), fields["agent_path_length"], rtol=1e-6
    )
    repeated = (results["length"].astype(int) - results["distinct_cells"]).mean(axis=1)
    np.testing.assert_allclose(fields["n_repeated_cells"], repeated)
    explored = (results["occupancy"] > 0).sum(axis=(1, 2))[playable]
    reachable = analyse(_levels()).n_reachable[playable]
    np.testing.assert_allclose(fields["frac_explored_cells"][playable], explored / reachable)
    np.testing.assert_array_equal(fields["n_left_turns"], np.median(results["left_turns"], axis=1))
    np.testing.assert_allclose(fields["success_rate"] + fields["fail_rate"], playable)


@pytest.mark.parametrize("protocol", ["independent", "dsage"])
def test_a_result_depends_on_its_task_alone(protocol):
    domain = _domain(protocol=protocol, augment="turns")
    tasks, results, _ = _evaluate(domain)
    simulator = domain.make_simulator(golden.random_weights(2))
    order = np.array([4, 1, 5, 0, 3, 2])
    np.testing.assert_array_equal(simulator(tasks[order]), results[order])
    np.testing.assert_array_equal(simulator(tasks[3:4]), results[3:4])


@pytest.mark.parametrize("protocol", ["independent", "dsage"])
@pytest.mark.parametrize("occupancy", ["zeros", "walls"])
def test_degenerate_levels(protocol, occupancy):
    domain = _domain(
        tuple(MEASURES), protocol=protocol, degenerate_occupancy=occupancy, objective="accel"
    )
    _, _, evaluations = _evaluate(domain)
    fields = dict(zip(domain.metadata_names, evaluations.metadata[2], strict=True))
    expected = dict.fromkeys(MEASURES, 0.0) | {"num_blocks": 256, "optimal_path_length": -1}
    assert {name: fields[name] for name in MEASURES} == expected
    assert evaluations.objective[2] == 0
    np.testing.assert_array_equal(evaluations.occupancy[2], float(occupancy == "walls"))
    np.testing.assert_array_equal(evaluations.levels[2], _levels()[2])


@pytest.mark.parametrize("objective", ["none", "dfs"])
def test_recorded_objectives_without_agent(objective):
    recorded = golden.load("levels")
    settings = MazeSettings(name="maze", objective=objective, degenerate_occupancy="walls")
    domain = build_domain(settings, ("num_blocks", "optimal_path_length"))
    assert domain.simulator_payload() == {}
    tasks = domain.tasks(recorded["level"].reshape(60, 256), np.zeros(60, np.uint64))
    evaluations = domain.interpret(tasks, domain.make_simulator({})(tasks))
    np.testing.assert_allclose(evaluations.objective, recorded[f"{objective}_obj"], atol=1e-12)
    np.testing.assert_allclose(
        evaluations.occupancy, recorded[f"{objective}_occupancy"], rtol=1e-6, atol=0
    )
    np.testing.assert_array_equal(
        evaluations.measures.T, [recorded["num_blocks"], recorded["optimal_path_length"]]
    )


def test_objectives_and_aggregation():
    accel, results, _ = {}, None, None
    for aggregation in ("mean", "median"):
        for objective in ("accel", "accel_fail", "accel_none"):
            domain = _domain(objective=objective, aggregation=aggregation)
            _, results, evaluations = _evaluate(domain)
            accel[objective, aggregation] = evaluations.objective
    played = results["start"] >= 0
    failed = np.where(played[:, None], results["success"] == 0, 0)
    np.testing.assert_allclose(accel["accel", "mean"], results["length"].mean(axis=1))
    np.testing.assert_allclose(accel["accel", "median"], np.median(results["length"], axis=1))
    np.testing.assert_allclose(accel["accel_fail", "mean"], failed.mean(axis=1))
    np.testing.assert_allclose(accel["accel_fail", "median"], np.median(failed, axis=1))
    np.testing.assert_array_equal(accel["accel_none", "mean"], played)


def test_augmented_levels_of_degenerate_levels_show_the_walls():
    from dsage_mpi.domains.maze.results import Reading

    for augment, shape in (("optimal_path", (16, 16)), ("turns", (3, 16, 16))):
        domain = _domain(augment=augment)
        tasks, results, _ = _evaluate(domain)
        augmented = Reading(domain.settings, tasks, results).augmented_levels()
        assert augmented.shape == (6, *shape)
        np.testing.assert_array_equal(augmented[2], np.broadcast_to(_levels()[2], shape))


def test_an_empty_batch():
    domain = _domain(tuple(MEASURES))
    _, results, evaluations = _evaluate(domain, np.zeros((0, 256), np.uint8), SEEDS[:0])
    assert len(results) == 0
    assert evaluations.measures.shape == (0, len(MEASURES))
    assert evaluations.occupancy.shape == (0, 16, 16)


def test_many_rollouts_do_not_overflow():
    settings = MazeSettings(name="maze", rollouts=300)
    domain = build_domain(settings, ("num_blocks", "agent_path_length"))
    weights = golden.random_weights(2)
    weights["actor.1.linear.bias"][6] += 50  # stays where it is until time is up
    tasks = domain.tasks(np.zeros((1, 256), np.uint8), SEEDS[:1])
    results = domain.make_simulator(weights)(tasks)
    assert results["occupancy"][0, 0, 0] == 300 * 648
    assert results["repeated"][0] == 300 * 647


def test_predicted_cost_follows_the_predicted_path_length():
    predicted = np.array([[10.0, 300.0], [20.0, -5.0]])
    np.testing.assert_array_equal(_domain().predicted_cost(predicted, None), [300.0, 0.0])
    other = _domain(("num_blocks", "frac_explored_cells"))
    assert other.predicted_cost(predicted, None) is None
    occupancy = np.ones((2, 16, 16), np.float32)
    np.testing.assert_array_equal(other.predicted_cost(predicted, occupancy), [256.0, 256.0])


def test_a_task_with_other_values_is_refused():
    domain = _domain()
    tasks = domain.tasks(_levels().reshape(6, 256), SEEDS)
    tasks["level"][1, 0, 0] = 3
    with pytest.raises(ValueError, match="level 1"):
        domain.make_simulator(golden.random_weights(2))(tasks)
    with pytest.raises(ValueError, match="level 1 has 2"):
        domain.tasks(np.full((1, 256), 2), SEEDS[:1])


def test_an_unknown_measure_is_refused():
    with pytest.raises(DomainError, match="no measure 'speed'; expected some of num_blocks"):
        _domain(("num_blocks", "speed"))


def test_render():
    domain, levels = _domain(), _levels()
    image = domain.render(domain.levels(levels.reshape(6, 256))[0])
    assert image.dtype == np.uint8
    assert image.shape == (288, 288, 3)
    bare = domain.render(levels[0].astype(np.int8))
    # Start and goal are two tiles of 16x16 pixels.
    assert 2 * 40 < (image != bare).any(axis=2).sum() <= 2 * 256


def test_known_measures_are_those_that_a_simulation_gives():
    domain = _domain(tuple(MEASURES))
    _, _, evaluations = _evaluate(domain)
    known = domain.known_measures(evaluations.levels)
    walls = list(MEASURES).index("num_blocks")
    np.testing.assert_array_equal(known[:, walls], evaluations.measures[:, walls])
    assert np.isnan(np.delete(known, walls, axis=1)).all()


@pytest.mark.parametrize("objective", ["accel_none", "none", "accel", "dfs"])
def test_known_objective_is_that_of_a_simulation(objective):
    domain = MazeDomain(
        MazeSettings(name="maze", objective=objective, rollouts=1), ("num_blocks", "solvability")
    )
    walls = np.random.default_rng(0).random((40, 256)) < np.linspace(0, 1, 40)[:, None]
    solutions = np.concatenate([walls, np.ones((1, 256))]).astype(np.uint8)
    tasks = domain.tasks(solutions, np.arange(41, dtype=np.uint64))
    results = domain.make_simulator(domain.simulator_payload())(tasks)
    real = domain.interpret(tasks, results).objective
    for levels in (domain.levels(solutions), domain.bare_levels(solutions)):
        known = domain.known_objective(levels)
        if objective in ("accel_none", "none"):
            np.testing.assert_array_equal(known, real)
            assert 0 < real.sum() < 41
        else:
            assert np.isnan(known).all()
