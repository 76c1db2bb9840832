"""Predictions from tensors to tensors against those of arrays."""

import numpy as np
import pytest
import torch

from dsage_mpi.core.levels import LevelSpace, Planes
from dsage_mpi.surrogate.dataset import DataSet
from dsage_mpi.surrogate.model import Surrogate
from dsage_mpi.surrogate.settings import SurrogateSettings
from tests.surrogate.synthetic import SMALL, evaluations, surrogate

CASES = {
    "published": {},
    "raw units": {"normalise_targets": False},
    "ensemble": {"members": 3},
    "compact ensemble": {"members": 5, "kind": "compact", "ancillary": False},
    "bfloat16": {"predict_precision": "bfloat16"},
}


def assert_equal(model, levels, planes=None):
    expected = model.predict(levels, occupancy=False)
    with torch.inference_mode(), model.on_device() as predict:
        values, spread = predict(torch.from_numpy(levels).to(model.device), planes)
    assert values.dtype == torch.float64
    np.testing.assert_array_equal(values[:, 0].cpu(), expected.objective)
    np.testing.assert_array_equal(values[:, 1:].cpu(), expected.measures)
    # Roots of float64 numbers that torch takes on a CPU are not all rounded to the nearest.
    np.testing.assert_allclose(spread.cpu(), expected.spread, rtol=1e-15)


@pytest.mark.parametrize("settings", CASES.values(), ids=CASES)
def test_it_predicts_the_same(settings):
    model = surrogate(epochs=1, **settings)
    data = DataSet(40, model.space, model.device)
    data.add(*evaluations(40))
    model.train(data, 0)
    for count in (1, 30, 77):
        assert_equal(model, evaluations(count, 3)[0])
    levels = evaluations(77, 3)[0]
    alone = [model.predict(level[None]).spread for level in levels]
    np.testing.assert_array_equal(np.concatenate(alone), model.predict(levels).spread)


def test_planes_are_given_by_the_caller():
    planes = Planes(("walls",), lambda levels: (levels[:, None] == 1).astype(np.float32))
    space = LevelSpace((8, 8), 3, planes=planes)
    settings = SurrogateSettings(**SMALL, epochs=1, planes=True, device="cpu")
    model = Surrogate(settings, space, ("a", "b"), run_seed=1)
    data = DataSet(40, space, model.device)
    data.add(*evaluations(40))
    model.train(data, 0)
    levels = evaluations(33, 3)[0]
    assert_equal(model, levels, torch.from_numpy(planes.compute(levels)))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("kind", ["convolutional", "compact"])
def test_a_gpu_predicts_the_same(kind):
    own = {"kind": kind, "ancillary": kind == "convolutional"}
    model = surrogate(epochs=1, device="cuda", **own)
    data = DataSet(40, model.space, model.device)
    data.add(*evaluations(40))
    model.train(data, 0)
    assert_equal(model, evaluations(77, 3)[0])
