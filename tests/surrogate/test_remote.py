"""Predictions shared with other ranks: the same bits, whoever computes which part."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from dsage_mpi.core.processor import processor
from dsage_mpi.surrogate.errors import SurrogateError
from dsage_mpi.surrogate.remote import PredictionService, packed
from tests.surrogate.synthetic import SPACE, data_set, evaluations, surrogate


class Alternating:
    """Two ranks in one process: the service answers every other request."""

    ranks = 2

    def __init__(self, service: PredictionService) -> None:
        self.service, self.served = service, 0

    def load(self, state: Any) -> None:
        self.service.load(state)

    def map(self, requests: Sequence[Any], local: Callable[[int], Any]) -> list[Any]:
        self.served += len(requests) // 2
        return [local(k) if k % 2 == 0 else self.service(r) for k, r in enumerate(requests)]


def service_for(model: Any, name: str | None = None) -> PredictionService:
    return PredictionService(model.settings, SPACE, 3, processor() if name is None else name)


@pytest.mark.parametrize(("kind", "members"), [("convolutional", 1), ("compact", 3)])
def test_shared_predictions_are_those_of_one_rank(kind, members):
    ancillary = kind == "convolutional"
    alone, shared = (
        surrogate(kind=kind, epochs=1, ancillary=ancillary, members=members) for _ in range(2)
    )
    compute = Alternating(service_for(shared))
    assert shared.share(compute) == 2
    levels = evaluations(700, seed=3)[0]
    for iteration in range(2):  # the weights of the newest training count
        for model in (alone, shared):
            model.train(data_set(40), iteration)
        for count in (0, 1, 30, 31, 700):
            expected = alone.predict(levels[:count], occupancy=False)
            found = shared.predict(levels[:count], occupancy=False)
            np.testing.assert_array_equal(found.objective, expected.objective)
            np.testing.assert_array_equal(found.measures, expected.measures)
    assert compute.served > 10
    if ancillary:  # grids are large: they stay where they are computed
        found, expected = shared.predict(levels[:50]), alone.predict(levels[:50])
        np.testing.assert_array_equal(found.occupancy, expected.occupancy)


def test_another_processor_does_not_compute():
    model = surrogate(epochs=1)
    weights = model.state()["network"]
    with pytest.raises(SurrogateError, match=r"its processor \(Abacus\) may round otherwise"):
        service_for(model, "Abacus").load(packed(weights, processor()))


def test_nothing_is_shared_where_there_is_nobody():
    assert surrogate(epochs=1).share(None) == 1
