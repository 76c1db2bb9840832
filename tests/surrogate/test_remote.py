"""Predictions and trainings shared with other ranks: the same bits, whoever computes what."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from dsage_mpi.core.computing import NotWantedError
from dsage_mpi.core.levels import LevelSpace, Planes
from dsage_mpi.core.processor import processor
from dsage_mpi.surrogate.dataset import DataSet
from dsage_mpi.surrogate.errors import SurrogateError
from dsage_mpi.surrogate.model import Surrogate
from dsage_mpi.surrogate.network import Network
from dsage_mpi.surrogate.remote import SurrogateService
from dsage_mpi.surrogate.remote_messages import Shape, packed_state
from dsage_mpi.surrogate.settings import SurrogateSettings
from tests.surrogate.synthetic import (
    SHAPE,
    SMALL,
    TILES,
    assert_same_state,
    data_set,
    evaluations,
    surrogate,
)


class Alternating:
    """Two ranks in one process: the service answers every other request."""

    ranks = 2

    def __init__(self, service: SurrogateService) -> None:
        self.service, self.served, self.polled = service, 0, 0

    def load(self, state: Any) -> None:
        self.service.load(state)

    def map(
        self,
        requests: Sequence[Any],
        local: Callable[[int], Any],
        *,
        prefetch: int = 1,
        on_wait: Callable[[], None] = lambda: None,
    ) -> list[Any]:
        self.served += len(requests) // 2
        on_wait()
        return [
            local(k) if k % 2 == 0 else self.service(request, lambda: True)
            for k, request in enumerate(requests)
        ]

    def poll(self) -> None:
        self.polled += 1


def service_for(model: Any, name: str | None = None) -> SurrogateService:
    shape = Shape(model.settings, model.space, len(model._shown), usual_batch=150)
    return SurrogateService(shape, processor() if name is None else name)


@pytest.mark.parametrize(("kind", "members"), [("convolutional", 1), ("compact", 3)])
def test_shared_predictions_are_those_of_one_rank(kind, members):
    ancillary = kind == "convolutional"
    alone, shared = (
        surrogate(kind=kind, epochs=1, ancillary=ancillary, members=members, predict_batch=30)
        for _ in range(2)
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


ENSEMBLES = {
    "compact": {"kind": "compact", "ancillary": False, "members": 4, "patience": 1, "replay": 1.0},
    "convolutional": {"members": 3, "max_steps": 5},
}


@pytest.mark.parametrize("kind", ENSEMBLES)
def test_members_trained_on_other_ranks_are_those_trained_on_one(kind):
    alone, shared = (surrogate(epochs=3, **ENSEMBLES[kind]) for _ in range(2))
    compute = Alternating(service_for(shared))
    shared.share(compute)
    data, seen = data_set(60), []
    for iteration in range(2):  # the second one goes on from weights and moments of the first
        expected = alone.train(data, iteration)
        found = shared.train(data, iteration, seen.append)
        assert dataclasses.replace(found, seconds=expected.seconds) == expected
        assert_same_state(shared.state(), alone.state())
    assert compute.served == 2 * (alone.settings.members // 2)
    assert compute.polled >= len(seen) - 2  # after every batch
    levels = evaluations(70, seed=3)[0]
    np.testing.assert_array_equal(shared.predict(levels).spread, alone.predict(levels).spread)


class Odd(Network):
    """Drops inputs at random, and has a layer that nothing depends on."""

    def __init__(self, space: LevelSpace, outputs: int, settings: SurrogateSettings) -> None:
        super().__init__(space, outputs, settings)
        self.dropped = nn.Dropout(0.5)
        self.heads = nn.Linear(space.tile_count * 64, outputs)
        self.unused = nn.Linear(2, 2)

    def forward(self, inputs: Tensor) -> tuple[Tensor, None]:
        return self.heads(self.dropped(inputs.flatten(1))), None


def test_odd_networks_are_trained_alike_everywhere():
    """What torch's own generator draws, and what optimizers know nothing of, is the same."""
    odd = {"kind": "tests.surrogate.test_remote:Odd", "ancillary": False, "members": 2}
    alone, shared = (surrogate(epochs=2, **odd) for _ in range(2))
    shared.share(Alternating(service_for(shared)))
    data = data_set(60)
    for iteration in range(2):
        alone.train(data, iteration)
        torch.rand(iteration + 1)
        shared.train(data, iteration)
        assert_same_state(shared.state(), alone.state())


def test_members_on_vectors_are_trained_on_other_ranks():
    settings = SurrogateSettings(
        **{"kind": "mlp", "members": 3, "ancillary": False, "epochs": 2, "device": "cpu"},
        **{"settings": {"layers": 1, "width": 4}, "threads": 1},
    )
    rng = np.random.default_rng(1)
    space, levels = LevelSpace((5,)), rng.normal(size=(30, 5))
    data = DataSet(30, space, measure_count=1)
    data.add(levels, levels.sum(axis=1), levels[:, :1] ** 2, np.zeros((30, 0), np.float32))
    alone, shared = (Surrogate(settings, space, ("a",), run_seed=3) for _ in range(2))
    compute = Alternating(service_for(shared))
    shared.share(compute)
    for model in (alone, shared):
        model.train(data, 0)
    assert compute.served == 1
    assert_same_state(shared.state(), alone.state())


def test_members_with_planes_are_trained_on_other_ranks():
    space = LevelSpace(SHAPE, TILES, planes=Planes(("walls",), lambda levels: levels[:, None] == 1))
    settings = SurrogateSettings(
        **SMALL, kind="compact", members=2, ancillary=False, epochs=2, device="cpu"
    )
    data = DataSet(40, space)
    data.add(*evaluations(40))
    alone, shared = (Surrogate(settings, space, ("a", "b"), run_seed=3) for _ in range(2))
    shared.share(Alternating(service_for(shared)))
    for model in (alone, shared):
        model.train(data, 0)
    assert_same_state(shared.state(), alone.state())


def test_members_that_use_several_threads_stay_here():
    """With another number of threads than rank 0's they would come out otherwise."""
    model = surrogate(epochs=1, members=3, threads=2)
    compute = Alternating(service_for(model))
    model.share(compute)
    model.train(data_set(40), 0)
    assert compute.served == compute.polled == 0


class Keeping(Alternating):
    """Keeps what is sent to other ranks, which answer nothing."""

    def load(self, state: Any) -> None:
        self.state = state

    def map(self, requests: Sequence[Any], local: Callable[[int], Any], **_: Any) -> list[Any]:
        self.requests = requests
        return [local(k) for k in range(len(requests))]


def test_a_rank_with_something_more_urgent_to_do_leaves_its_training():
    model = surrogate(epochs=5, members=2)
    service = service_for(model)
    compute = Keeping(service)
    model.share(compute)
    model.train(data_set(40), 0)
    service.load(compute.state)
    answers = iter([True, True, False])
    with pytest.raises(NotWantedError):
        service(compute.requests[1], lambda: next(answers))
    assert service(compute.requests[1], lambda: True).size > 1000  # it can still be asked


def test_another_processor_does_not_compute():
    model = surrogate(epochs=1)
    weights = model.state()["network"]
    with pytest.raises(SurrogateError, match=r"its processor \(Abacus\) may round otherwise"):
        service_for(model, "Abacus").load(packed_state("predict", weights, processor()))


def test_nothing_is_shared_where_there_is_nobody():
    assert surrogate(epochs=1).share(None) == 1
