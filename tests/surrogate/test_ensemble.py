import numpy as np
import pytest
import torch

from dsage_mpi.core.levels import LevelSpace
from dsage_mpi.surrogate.ensemble import members_of
from dsage_mpi.surrogate.model import Surrogate
from dsage_mpi.surrogate.settings import SurrogateSettings
from tests.surrogate.synthetic import assert_same_state, data_set, evaluations, surrogate

KINDS = {
    "compact": {"kind": "compact", "ancillary": False},
    "convolutional": {},
    "mixed precision": {"kind": "compact", "ancillary": False, "predict_precision": "bfloat16"},
}


@pytest.fixture(scope="module", params=KINDS)
def trained(request):
    model = surrogate(members=3, epochs=2, **KINDS[request.param])
    model.train(data_set(40), 0)
    return model


def each_member(model, levels):
    """What every member predicts on its own, in raw units ((members, n, outputs))."""
    found = []
    with torch.no_grad():
        for member in members_of(model._network):
            encode = member.eval().encoder(torch.device("cpu"))
            found.append(member(encode(torch.from_numpy(levels)))[0].numpy())
    return model._scaling.restored(np.array(found))


def test_mean_and_spread_are_those_of_the_members(trained):
    levels = evaluations(33, 2)[0]
    prediction, members = trained.predict(levels), each_member(trained, levels)
    rough = trained.settings.predict_precision == "bfloat16"
    tolerance = {"rtol": 0.05, "atol": 0.05 * members.std()} if rough else {"rtol": 1e-4}
    mean, spread = members.mean(axis=0), members.std(axis=0, ddof=1)
    np.testing.assert_allclose(prediction.objective, mean[:, 0], **tolerance)
    np.testing.assert_allclose(prediction.measures, mean[:, 1:], **tolerance)
    np.testing.assert_allclose(prediction.spread, spread, **({"atol": 1e-3} | tolerance))
    assert (spread > 0).all()


def test_a_prediction_does_not_depend_on_its_batch(trained):
    levels = evaluations(70, 2)[0]
    everything, some = trained.predict(levels), trained.predict(levels[[41, 3]])
    np.testing.assert_array_equal(some.measures, everything.measures[[41, 3]])
    np.testing.assert_array_equal(some.spread, everything.spread[[41, 3]])


def test_no_levels_have_no_spread(trained):
    assert trained.predict(np.zeros((0, 8, 8), np.int8)).spread.shape == (0, 3)


def test_the_first_member_is_what_a_single_network_is():
    alone, together = surrogate(epochs=2), surrogate(epochs=2, members=2)
    for model in (alone, together):
        model.train(data_set(40), 0)
    first, second = members_of(together._network)
    for name, weight in members_of(alone._network)[0].state_dict().items():
        assert torch.equal(weight, first.state_dict()[name]), name
    assert not torch.equal(first.predictor.heads.weight, second.predictor.heads.weight)
    assert alone.predict(evaluations(4)[0]).spread.shape == (4, 0)


def test_members_see_samples_in_orders_of_their_own():
    """From equal weights, training leads them apart."""
    model = surrogate(epochs=2, members=2)
    first, second = members_of(model._network)
    second.load_state_dict(first.state_dict())
    model.train(data_set(40), 0)
    assert not torch.equal(first.predictor.heads.weight, second.predictor.heads.weight)


def test_a_restored_ensemble_goes_on_as_if_nothing_had_been(trained):
    data = data_set(40)
    other = Surrogate(trained.settings, trained.space, ("a", "b"), run_seed=7)
    other.load_state(trained.state())
    assert_same_state(other.state(), trained.state())
    for model in (trained, other):
        model.train(data, 1)
    assert_same_state(other.state(), trained.state())
    levels = evaluations(5)[0]
    np.testing.assert_array_equal(other.predict(levels).spread, trained.predict(levels).spread)


def test_progress_is_that_of_all_members():
    seen = []
    surrogate(members=2, epochs=4).train(data_set(20), 0, seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == 4


def test_vectors_have_ensembles_too():
    space = LevelSpace((5,))
    settings = SurrogateSettings(
        kind="mlp", members=2, ancillary=False, settings={"layers": 1, "width": 4}, device="cpu"
    )
    model = Surrogate(settings, space, ("a",), run_seed=0)
    assert model.predict(np.zeros((3, 5))).spread.shape == (3, 2)
