import numpy as np
import pytest
import torch

from dsage_mpi.surrogate.dataset import DataSet
from dsage_mpi.surrogate.errors import SurrogateError
from dsage_mpi.surrogate.graphs import Repeated
from tests.support import python
from tests.surrogate.recordings import record_on_cpu
from tests.surrogate.synthetic import assert_same_state, evaluations, surrogate

CPU = torch.device("cpu")
needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")


def counting(device):
    total = torch.zeros((), device=device)

    def add():
        total.add_(total + 1)

    return total, add


def test_on_a_cpu_every_call_is_a_call():
    calls = []
    repeated = Repeated(lambda: calls.append(1), CPU, True, "x")
    for _ in range(7):
        repeated()
    assert len(calls) == 7


def test_what_is_recorded_is_called_no_more(monkeypatch):
    made = record_on_cpu(monkeypatch)
    total, add = counting(CPU)
    calls = []
    repeated = Repeated(lambda: (calls.append(1), add()), CPU, True, "x")
    for _ in range(9):
        repeated()
    assert total == 2**9 - 1
    assert len(calls) == 4
    assert made[0].replays == 6


def test_what_asks_for_a_number_cannot_be_recorded(monkeypatch):
    record_on_cpu(monkeypatch)
    total, _ = counting(CPU)
    repeated = Repeated(lambda: total.add_(float(total)), CPU, True, "surrogate.cuda_graphs")
    for _ in range(3):
        repeated()
    with pytest.raises(SurrogateError, match=r"surrogate\.cuda_graphs = true: .* asks the GPU"):
        repeated()


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"kind": "compact", "ancillary": False, "planes": False, "exact_statistics": False},
        {"members": 2, "patience": 2},
        {"replay": 0.5, "recent_samples": 80},
    ],
    ids=["published", "compact", "ensemble", "replay"],
)
def test_training_by_replays_is_training_by_steps(monkeypatch, settings):
    states, rows = [], evaluations(130)
    for recorded in (False, True):
        if recorded:
            made = record_on_cpu(monkeypatch)
        model = surrogate(epochs=4, batch_size=16, cuda_graphs=recorded, **settings)
        data = DataSet(130, model.space, model.device)
        for part, iteration in ((slice(0, 100), 0), (slice(100, 130), 1)):
            data.add(*(column[part] for column in rows))
            model.train(data, iteration)
        states.append(model.state())
    assert_same_state(*states)
    assert len(made) == 2 * settings.get("members", 1)
    assert all(recording.replays > 3 for recording in made)


@needs_gpu
def test_a_gpu_replays_what_it_has_recorded():
    total, add = counting("cuda")
    repeated = Repeated(add, torch.device("cuda"), True, "x")
    for _ in range(9):
        repeated()
    assert total.item() == 2**9 - 1


ASKING = """
import torch
from dsage_mpi.surrogate.errors import SurrogateError
from dsage_mpi.surrogate.graphs import Repeated

total = torch.zeros((), device="cuda")
repeated = Repeated(lambda: total.add_(float(total)), torch.device("cuda"), True, "key")
for _ in range(3):
    repeated()
before = torch.cuda.current_stream()
try:
    repeated()
except SurrogateError as error:
    assert "key = true" in str(error), error
else:
    raise AssertionError("it was recorded")
assert torch.cuda.current_stream() == before
"""


@needs_gpu
def test_what_asks_a_gpu_for_a_number_is_refused():
    """In a process of its own: a recording that fails may leave a GPU's context useless."""
    done = python("-c", ASKING)
    assert done.returncode == 0, done.stderr


@needs_gpu
@pytest.mark.parametrize("kind", ["convolutional", "compact"])
def test_a_gpu_trains_the_same_from_recordings(kind):
    states, rows = [], evaluations(130)
    own = {"ancillary": kind == "convolutional"}
    for recorded in (False, True, True):
        model = surrogate(
            epochs=6, batch_size=16, device="cuda", kind=kind, cuda_graphs=recorded, **own
        )
        data = DataSet(130, model.space, model.device)
        data.add(*rows)
        model.train(data, 0)
        model.train(data, 1)
        states.append(model.state())
    assert_same_state(states[1], states[2])
    assert_same_state(states[0], states[1])
    fresh = surrogate(epochs=6, device="cuda", kind=kind, **own)
    fresh.load_state(states[1])
    assert np.isfinite(fresh.predict(rows[0]).measures).all()
