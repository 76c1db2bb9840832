"""The surrogate of vector levels."""

import numpy as np
import pytest
import torch

from dsage_mpi.core.levels import LevelSpace
from dsage_mpi.surrogate.accuracy import held_out_scores
from dsage_mpi.surrogate.dataset import DataSet
from dsage_mpi.surrogate.demand import demand
from dsage_mpi.surrogate.errors import SurrogateError
from dsage_mpi.surrogate.model import Surrogate
from dsage_mpi.surrogate.registry import NETWORKS, network_facts
from dsage_mpi.surrogate.settings import SurrogateSettings
from tests.surrogate.synthetic import assert_same_state

BOUNDS = ((1000.0, 1010.0), (-1.0, 1.0), (0.0, 0.001))


def space(*, bounded):
    return LevelSpace((3,), bounds=BOUNDS if bounded else ())


def evaluations(count, seed=0):
    low, high = np.array(BOUNDS).T
    levels = np.random.default_rng(seed).uniform(low, high, (count, 3))
    unit = (levels - low) / (high - low)
    measures = np.stack([100 * unit[:, 0], unit[:, 1] * unit[:, 2]], axis=1)
    return levels, np.sin(3 * unit[:, 2]), measures, np.zeros((count, 0), np.float32)


def data_set(count, seed=0):
    data = DataSet(count, space(bounded=True))
    data.add(*evaluations(count, seed))
    return data


def surrogate(*, bounded=True, run_seed=1, **settings):
    given = {"threads": 1, "device": "cpu", "batch_size": 16, "learning_rate": 3e-3, **settings}
    made = SurrogateSettings(kind="mlp", **given)
    return Surrogate(made, space(bounded=bounded), ("a", "b"), run_seed=run_seed)


@pytest.mark.parametrize("bounded", [True, False])
def test_it_learns_whatever_the_units_of_its_inputs(bounded):
    model = surrogate(bounded=bounded, epochs=25)
    model.train(data_set(300), 0)
    levels, *real = evaluations(100, 9)
    found = held_out_scores(model.predict(levels), *real)
    assert min(found[f"{name}_r2"] for name in ("objective", "measure_1", "measure_2")) > 0.9
    assert "occupancy_mae" not in found


@pytest.mark.parametrize("bounded", [True, False])
def test_interrupted_training_equals_uninterrupted_training(bounded):
    straight = surrogate(bounded=bounded, epochs=3)
    straight.train(data_set(60), 0)
    saved = straight.state()
    resumed = surrogate(bounded=bounded, epochs=3)
    resumed.train(data_set(30, 9), 0)  # what it had before must not matter
    resumed.load_state(saved)
    for model in (straight, resumed):
        model.train(data_set(90, 2), 1)
    assert_same_state(straight.state(), resumed.state())
    levels = evaluations(40, 3)[0]
    np.testing.assert_array_equal(
        straight.predict(levels).measures, resumed.predict(levels).measures
    )


def test_a_prediction_does_not_depend_on_its_batch():
    model = surrogate(epochs=1)
    model.train(data_set(60), 0)
    levels = evaluations(95, 5)[0]
    everything = model.predict(levels).measures
    for chosen in ([3], [94, 0], list(range(40, 75))):
        np.testing.assert_array_equal(model.predict(levels[chosen]).measures, everything[chosen])


def test_bfloat16_and_no_levels():
    model = surrogate(epochs=1, predict_precision="bfloat16", train_precision="bfloat16")
    model.train(data_set(40), 0)
    assert model.predict(np.zeros((0, 3))).measures.shape == (0, 2)
    assert np.isfinite(model.predict(evaluations(5)[0]).measures).all()


def test_levels_that_are_none_are_refused():
    model = surrogate(epochs=1)
    with pytest.raises(SurrogateError, match=r"rows of shape \(4,\), expected \(3,\)"):
        model.predict(np.zeros((2, 4)))
    with pytest.raises(SurrogateError, match="NaN or infinite"):
        model.predict(np.full((2, 3), np.nan))


def test_a_network_tells_what_it_takes():
    settings = SurrogateSettings(kind="mlp", settings={"layers": 3, "width": 10})
    takes = demand(settings, space(bounded=True), 4)
    assert takes.multiply_adds == 3 * 10 + 2 * 10 * 10 + 10 * 4
    assert takes.weights == takes.multiply_adds + 3 * 10 + 4
    assert (takes.kept, takes.widest) == (3 * 10 + 4, 10)


@pytest.mark.parametrize("kind", NETWORKS.own())
def test_what_is_known_of_ours_before_torch_is_loaded_is_what_they_declare(kind):
    facts, made = network_facts(kind), NETWORKS.load(kind)
    assert (facts.levels, facts.occupancy, facts.size_key) == (
        made.LEVELS,
        made.OCCUPANCY,
        made.SIZE_KEY,
    )


def test_its_weights_depend_on_the_seed_alone():
    before = torch.random.get_rng_state()
    one, same, other = surrogate(), surrogate(), surrogate(run_seed=2)
    assert torch.equal(torch.random.get_rng_state(), before)
    assert_same_state(one.state(), same.state())
    name = "heads.weight"
    assert not np.array_equal(one.state()["network"][name], other.state()["network"][name])
