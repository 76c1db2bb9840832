import copy

import numpy as np
import pytest
import torch

from dsage_mpi.core.levels import LevelSpace
from dsage_mpi.surrogate.accuracy import held_out_scores
from dsage_mpi.surrogate.errors import SurrogateError
from dsage_mpi.surrogate.model import Surrogate
from dsage_mpi.surrogate.settings import SurrogateSettings
from tests.surrogate.synthetic import assert_same_state, data_set, evaluations, surrogate


@pytest.fixture(scope="module")
def trained():
    model = surrogate(epochs=3)
    model.train(data_set(60), 0)
    return model


def scores_of(model, levels, *real):
    return held_out_scores(model.predict(levels), *real)


def assert_same_prediction(one, other):
    np.testing.assert_array_equal(one.objective, other.objective)
    np.testing.assert_array_equal(one.measures, other.measures)
    if one.occupancy is None or other.occupancy is None:
        assert one.occupancy is other.occupancy
    else:
        np.testing.assert_array_equal(one.occupancy, other.occupancy)


def rows(prediction, index):
    return type(prediction)(
        prediction.objective[index], prediction.measures[index], prediction.occupancy[index]
    )


def test_shapes_and_dtypes(trained):
    prediction = trained.predict(evaluations(37)[0])
    assert prediction.objective.shape == (37,)
    assert prediction.measures.shape == (37, 2)
    assert prediction.occupancy.shape == (37, 8, 8)
    assert prediction.objective.dtype == prediction.measures.dtype == np.float64
    assert prediction.occupancy.dtype == np.float32


def test_levels_that_are_not_square():
    model = surrogate(shape=(5, 12), epochs=1)
    data = data_set(20, shape=(5, 12))
    model.train(data, 0)
    assert model.predict(data.arrays()["levels"]).occupancy.shape == (20, 5, 12)


def test_no_levels(trained):
    prediction = trained.predict(np.zeros((0, 8, 8), np.int8))
    assert prediction.measures.shape == (0, 2)
    assert prediction.occupancy.shape == (0, 8, 8)


@pytest.mark.parametrize("count", [1, 2, 29, 30, 31, 95])
def test_a_prediction_does_not_depend_on_its_batch(trained, count):
    levels = evaluations(95, 5)[0]
    everything = trained.predict(levels)
    chosen = np.random.default_rng(count).permutation(95)[:count]
    assert_same_prediction(trained.predict(levels[chosen]), rows(everything, chosen))


def test_the_published_maze_network_is_batch_independent_too():
    model = Surrogate(
        SurrogateSettings(epochs=1, threads=1, device="cpu"),
        LevelSpace((16, 16), 4),
        ("a", "b"),
        run_seed=0,
    )
    levels = np.random.default_rng(0).integers(0, 4, (65, 16, 16), dtype=np.int8)
    everything = model.predict(levels)
    for chosen in ([3], [64, 0], list(range(40, 65))):
        assert_same_prediction(model.predict(levels[chosen]), rows(everything, chosen))


def test_occupancy_can_be_left_out(trained):
    levels = evaluations(10)[0]
    bare = trained.predict(levels, occupancy=False)
    assert bare.occupancy is None
    np.testing.assert_array_equal(bare.measures, trained.predict(levels).measures)


def test_without_ancillary_network():
    model = surrogate(ancillary=False, epochs=1)
    report = model.train(data_set(20), 0)
    assert "occupancy" not in report.losses
    assert model.predict(evaluations(4)[0]).occupancy is None
    assert "occupancy_mae" not in scores_of(model, *evaluations(4))


def test_predictions_are_those_of_the_trained_network_in_raw_units(trained):
    levels = evaluations(12, 3)[0]
    prediction = trained.predict(levels)
    with torch.no_grad():
        network = copy.deepcopy(trained._network).eval()
        outputs, grid = network(network.encoder(torch.device("cpu"))(torch.from_numpy(levels)))
    expected = trained._scaling.restored(outputs.numpy())
    np.testing.assert_allclose(prediction.objective, expected[:, 0], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(prediction.measures, expected[:, 1:], rtol=1e-4, atol=1e-3)
    np.testing.assert_allclose(
        prediction.occupancy, grid.numpy() * trained._scaling.occupancy_scale, atol=1e-4
    )


def test_bfloat16_predicts_nearly_the_same(trained):
    rough = surrogate(epochs=3, predict_precision="bfloat16")
    rough.load_state(trained.state())
    levels = evaluations(50, 4)[0]
    exact, fast = trained.predict(levels), rough.predict(levels)
    spread = exact.measures.std(axis=0)
    assert np.abs(fast.measures - exact.measures).mean() < 0.05 * spread.min()
    assert not np.array_equal(fast.measures, exact.measures)


@pytest.mark.parametrize("normalise", [True, False])
def test_it_learns_to_predict_levels_that_it_has_not_seen(normalise):
    model = surrogate(epochs=30, normalise_targets=normalise, learning_rate=3e-3)
    model.train(data_set(300), 0)
    unseen = evaluations(200, seed=99)
    found = scores_of(model, *unseen)
    # Raw units let the measures drown the objective: the reason to normalise.
    learnt = ["measure_1", "measure_2", "occupancy", *(["objective"] if normalise else [])]
    for name in learnt:
        assert found[f"{name}_r2"] > 0.5, (name, found)
    mean = data_set(300).arrays()["measures"].mean(axis=0)
    baseline = np.abs(unseen[2] - mean).mean(axis=0)
    assert found["measure_1_mae"] < baseline[0] / 2
    assert found["measure_2_mae"] < baseline[1] / 2


def test_errors_are_in_raw_units_and_change_nothing(trained):
    before = trained.state()
    unseen = evaluations(20, 8)
    found = scores_of(trained, *unseen)
    prediction = trained.predict(unseen[0])
    assert found["objective_mae"] == pytest.approx(np.abs(prediction.objective - unseen[1]).mean())
    deviation = prediction.measures[:, 1] - unseen[2][:, 1]
    assert found["measure_2_rmse"] == pytest.approx(np.sqrt((deviation**2).mean()))
    assert found["measure_2_r2"] == pytest.approx(1 - (deviation**2).mean() / unseen[2][:, 1].var())
    assert found["occupancy_mae"] == pytest.approx(
        np.abs(prediction.occupancy - unseen[3]).mean(), rel=1e-5
    )
    assert_same_state(before, trained.state())


def test_explained_variance_of_a_constant_is_undefined(trained):
    levels, objective, measures, occupancy = evaluations(6)
    found = scores_of(trained, levels, np.ones_like(objective), measures, occupancy)
    assert np.isnan(found["objective_r2"])


def test_interrupted_training_equals_uninterrupted_training():
    first, second = data_set(40, 1), data_set(90, 2)
    straight = surrogate(epochs=2)
    straight.train(first, 0)
    saved = copy.deepcopy(straight.state())
    straight.train(second, 1)

    resumed = surrogate(epochs=2)
    resumed.train(data_set(30, 9), 0)  # what it had before must not matter
    resumed.load_state(saved)
    assert_same_state(resumed.state(), saved)
    assert resumed.trained
    resumed.train(second, 1)
    assert_same_state(resumed.state(), straight.state())
    levels = evaluations(50, 3)[0]
    assert_same_prediction(resumed.predict(levels), straight.predict(levels))


def test_untrained_state_round_trip():
    one, other = surrogate(1, epochs=1), surrogate(2, epochs=1)
    other.load_state(one.state())
    assert not other.trained
    assert_same_state(one.state(), other.state())


def test_state_is_a_snapshot():
    model = surrogate(epochs=1)
    state = model.state()
    kept = copy.deepcopy(state)
    model.train(data_set(20), 0)
    assert_same_state(state, kept)


def test_saved_predictions_are_restored(trained):
    other = surrogate(1, epochs=1)
    levels = evaluations(10)[0]
    before = other.predict(levels)
    other.load_state(trained.state())
    assert_same_prediction(other.predict(levels), trained.predict(levels))
    assert not np.array_equal(before.measures, trained.predict(levels).measures)


def test_predictions_follow_training():
    model = surrogate(epochs=1)
    levels = evaluations(10)[0]
    before = model.predict(levels).measures
    model.train(data_set(20), 0)
    assert not np.array_equal(model.predict(levels).measures, before)


def test_continued_training_keeps_the_function_when_units_change():
    model = surrogate(epochs=1, learning_rate=1e-12)
    model.train(data_set(60), 0)
    levels = evaluations(10, 4)[0]
    before = model.predict(levels)
    other = data_set(60, 5)
    other.arrays()["measures"][:] *= 10  # far other units
    network = model._network
    model._scale_to(other.window(None))
    model._inference = None
    assert model._network is network
    after = model.predict(levels)
    np.testing.assert_allclose(after.measures, before.measures, rtol=1e-4, atol=1e-3)
    np.testing.assert_allclose(after.occupancy, before.occupancy, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("change", [{"features": 4}, {"residual_blocks": 2}, {"ancillary": False}])
def test_the_state_of_another_network_is_refused(trained, change):
    with pytest.raises(SurrogateError, match="saved surrogate"):
        surrogate(**change).load_state(trained.state())


def test_an_incomplete_state_is_refused(trained):
    state = dict(trained.state())
    del state["adam"]
    with pytest.raises(SurrogateError, match="incomplete: no 'adam'"):
        surrogate().load_state(state)


def test_wrong_levels_are_refused(trained):
    with pytest.raises(SurrogateError, match=r"rows of shape \(7, 8\), expected \(8, 8\)"):
        trained.predict(np.zeros((2, 7, 8), np.int8))
    levels = evaluations(2)[0]
    levels[1, 0, 0] = 3
    with pytest.raises(SurrogateError, match=r"tile codes 0\.\.3"):
        trained.predict(levels)


def test_data_of_another_shape_is_refused():
    with pytest.raises(SurrogateError, match="data set has rows of shape"):
        surrogate().train(data_set(4, shape=(8, 9)), 0)


def test_other_numbers_of_measures():
    levels, objective, measures, occupancy = evaluations(20)
    from dsage_mpi.surrogate.dataset import DataSet

    data = DataSet(20, LevelSpace((8, 8), 3), measure_count=1)
    data.add(levels, objective, measures[:, :1], occupancy)
    model = Surrogate(
        SurrogateSettings(epochs=1, features=4, threads=1, device="cpu"),
        LevelSpace((8, 8), 3),
        ("walls",),
        run_seed=0,
    )
    assert set(model.train(data, 0).losses) == {"objective", "measure_1", "occupancy"}
    assert model.predict(levels).measures.shape == (20, 1)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_gpu_agrees_with_cpu_and_repeats_itself():
    from dsage_mpi.surrogate.dataset import DataSet

    rows_ = evaluations(60)
    models = []
    for device in ("cpu", "cuda", "cuda"):
        model = surrogate(epochs=2, device=device)
        data = DataSet(60, model.space, model.device)
        data.add(*rows_)
        model.train(data, 0)
        models.append(model)
    assert_same_state(models[1].state(), models[2].state())
    cpu, gpu = (model.predict(rows_[0]) for model in models[:2])
    np.testing.assert_allclose(gpu.measures, cpu.measures, rtol=0.05, atol=1.0)
    fresh = surrogate(epochs=2, device="cuda")
    fresh.load_state(models[1].state())
    assert_same_prediction(fresh.predict(rows_[0]), models[1].predict(rows_[0]))


def test_network_that_does_not_fit_into_memory_is_refused_with_advice():
    with pytest.raises(SurrogateError, match=r"building the surrogate\. Lower surrogate\.features"):
        surrogate(features=3_000_000)
