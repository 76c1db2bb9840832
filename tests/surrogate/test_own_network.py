"""Networks of one's own: what is wrong with them is one sentence."""

import pytest
import torch
from torch import nn

from dsage_mpi.core.levels import LevelSpace
from dsage_mpi.surrogate.demand import demand
from dsage_mpi.surrogate.errors import SurrogateError
from dsage_mpi.surrogate.network import Network
from dsage_mpi.surrogate.settings import SurrogateSettings
from tests.surrogate.synthetic import assert_same_state, data_set, surrogate

HERE = __name__


class Flat(Network):
    def __init__(self, space, outputs, settings):
        super().__init__(space, outputs, settings)
        self.heads = nn.Linear(3 * 64, outputs)

    def forward(self, inputs):
        return self.heads(inputs.flatten(1)), None


class Wrong(Flat):
    def forward(self, inputs):
        return super().forward(inputs)[0][:, :1], None


class Broken(Flat):
    def __init__(self, space, outputs, settings):
        raise KeyError("size")


class Headless(Network):
    def forward(self, inputs):
        return torch.zeros(len(inputs), self.outputs), None


class Foreign(nn.Module):
    def __init__(self, space, outputs, settings):
        super().__init__()


class NeedsNumbers(Flat):
    def forward(self, inputs):
        return super().forward(inputs * float(inputs.sum() > 0))


def test_one_that_is_right_trains_and_goes_on():
    models = [surrogate(kind=f"{HERE}:Flat", epochs=2) for _ in range(2)]
    for model in models:
        report = model.train(data_set(40), 0)
    assert set(report.losses) == {"objective", "measure_1", "measure_2"}
    assert_same_state(models[0].state(), models[1].state())


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Wrong", r"outputs of shape \(2, 1\) and occupancy of shape None .* expected \(2, 3\)"),
        ("Broken", "cannot be built: KeyError: 'size'"),
        ("Headless", "Headless.heads is no nn.Linear"),
        ("Foreign", "makes a Foreign: expected a class derived from"),
    ],
)
def test_what_is_wrong_is_one_sentence(name, words):
    with pytest.raises(SurrogateError, match=words):
        surrogate(kind=f"{HERE}:{name}")


def test_one_that_needs_numbers_is_estimated_by_its_weights():
    settings = SurrogateSettings(kind=f"{HERE}:NeedsNumbers")
    takes = demand(settings, LevelSpace((8, 8), 3), 3)
    assert takes.multiply_adds == takes.weights == 3 * 64 * 3 + 3
