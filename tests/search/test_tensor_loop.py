"""The inner loop on a device against the one on the host: equal to the last bit."""

from functools import partial

import numpy as np
import pytest
import torch

from dsage_mpi.archives import build_archives
from dsage_mpi.search.inner_loop import Predicted, inner_loop
from dsage_mpi.search.problem import Problem
from dsage_mpi.search.tensor_loop import TensorPredict, TensorPredicted
from dsage_mpi.surrogate.device import configure_determinism
from dsage_mpi.surrogate.errors import SurrogateError
from dsage_mpi.surrogate.settings import SurrogateSettings
from tests.search.test_inner_loop import real, settings  # noqa: F401 (a fixture)
from tests.search.toy import BitDomain, LatentDomain
from tests.surrogate.recordings import record_on_cpu
from tests.surrogate.test_cuda_operations import META, StandInForAGpu

NOTHING = torch.empty(0)


def bits(solutions, ensemble):
    """A model of ``BitDomain`` in operations that arrays and tensors have in common.

    Divided by powers of two alone: a GPU multiplies by the reciprocals of other numbers.
    """
    halves = solutions.reshape(-1, 2, 8).sum(2)
    objective = (solutions[:, 0] * 5 + solutions[:, 9]) / 8
    return objective, halves / 1.0, [objective, halves[:, 0] / 4.0, halves[:, 1] / 16.0]


def latents(solutions, ensemble):
    objective = (-solutions[:, :1] * solutions[:, :1])[:, 0]
    return objective, 4 * solutions[:, 1:3], [objective, solutions[:, 4], solutions[:, 5]]


class ManyValues(BitDomain):
    """Whose solutions are of a type that torch has few operations for."""

    solution_values = 300
    solution_dtype = np.dtype(np.uint16)

    def initial_solutions(self, rng, count):
        return rng.integers(300, size=(count, self.solution_dim)).astype(np.uint16)


class Rounded(LatentDomain):
    """Whose solutions are mutated in float64, and kept in float32."""

    solution_dtype = np.dtype(np.float32)

    def initial_solutions(self, rng, count):
        return super().initial_solutions(rng, count).astype(np.float32)


def on_host(model, ensemble, solutions):
    objective, measures, spread = model(solutions, ensemble)
    levels = np.sign(solutions).reshape(-1, 4, 4).astype(np.int8)
    told = np.stack(spread, axis=1) if ensemble else np.empty((0, 0))
    return Predicted(objective, measures, levels, told)


def on_tensors(model, ensemble, device="cpu", **surrogate):
    def predict(solutions):
        objective, measures, spread = model(solutions.double(), ensemble)
        levels = torch.sign(solutions).reshape(-1, 4, 4).to(torch.int8)
        told = torch.stack(spread, dim=1) if ensemble else NOTHING
        return TensorPredicted(objective, measures, levels, told)

    return TensorPredict(torch.device(device), SurrogateSettings(**surrogate), predict)


def found_by(
    real,  # noqa: F811
    kind,
    start,
    steps,
    ensemble,
    tensors,
    on_progress=None,
    domain=None,
    batch_size=10,
):
    model = bits if kind == "map_elites" else latents
    domain = domain or (BitDomain if kind == "map_elites" else LatentDomain)()
    config = settings(start, steps, "native" if tensors is None else "tensors")
    emitters = config.emitters.model_copy(update={"kind": kind, "batch_size": batch_size})
    surrogate = config.surrogate.model_copy(update={"members": 2 if ensemble else 1})
    config = config.model_copy(update={"emitters": emitters, "surrogate": surrogate})
    made = Problem(config, domain, build_archives(config.archive, 0), real)
    return inner_loop(
        made,
        partial(on_host, model, ensemble),
        1,
        on_progress,
        on_tensors=tensors and tensors(model, ensemble),
    )


def assert_same(one, other):
    a, b = one.data(), other.data()
    assert a.keys() == b.keys()
    for name in a:
        assert a[name].dtype == b[name].dtype
        assert a[name].tobytes() == b[name].tobytes(), name


@pytest.mark.parametrize("steps", [1, 2, 10, 47])
@pytest.mark.parametrize("ensemble", [False, True])
@pytest.mark.parametrize("start", ["archive", "empty"])
@pytest.mark.parametrize("kind", ["map_elites", "iso_line"])
def test_the_result_is_that_of_the_loop_on_the_host(real, kind, start, ensemble, steps):  # noqa: F811
    host = found_by(real, kind, start, steps, ensemble, None)
    device = found_by(real, kind, start, steps, ensemble, on_tensors)
    assert steps < 47 or len(host) > 10
    assert_same(host, device)


@pytest.mark.parametrize(
    ("kind", "domain"),
    [("map_elites", ManyValues), ("iso_line", Rounded)],
    ids=["uint16", "float32"],
)
def test_solutions_of_other_types_are_kept_as_the_host_keeps_them(real, kind, domain):  # noqa: F811
    found = [
        found_by(real, kind, "empty", 47, False, tensors, domain=domain())
        for tensors in (None, on_tensors)
    ]
    assert found[1].data("solution").dtype == domain.solution_dtype
    assert len(found[0]) > 5
    assert_same(*found)


def test_what_is_drawn_from_the_archive_later_is_the_same(real):  # noqa: F811
    host = found_by(real, "map_elites", "archive", 33, False, None)
    device = found_by(real, "map_elites", "archive", 33, False, on_tensors)
    for count in (3, 10):  # an odd number of words leaves half of one behind
        drawn = [archive.sample_elites(count)["index"] for archive in (host, device)]
        np.testing.assert_array_equal(*drawn)


def test_large_batches_leave_as_many_points_to_stop_at(real):  # noqa: F811
    told = []
    found_by(real, "map_elites", "archive", 7, False, on_tensors, told.append, batch_size=200)
    assert told == [1, 2, 3, 4, 5, 6, 7]


@pytest.fixture(params=[False, True], ids=["fast", "deterministic"])
def deterministic(request):
    before = torch.are_deterministic_algorithms_enabled()
    configure_determinism(request.param, torch.device("cuda"))
    yield
    torch.use_deterministic_algorithms(before)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("recorded", [False, True])
@pytest.mark.parametrize("kind", ["map_elites", "iso_line"])
@pytest.mark.usefixtures("deterministic")
def test_a_gpu_finds_the_same(real, kind, recorded):  # noqa: F811
    there = partial(on_tensors, device="cuda", cuda_graphs=recorded)
    assert_same(
        found_by(real, kind, "archive", 97, True, None),
        found_by(real, kind, "archive", 97, True, there),
    )


@pytest.mark.parametrize("kind", ["map_elites", "iso_line"])
def test_replays_find_the_same(monkeypatch, real, kind):  # noqa: F811
    host = found_by(real, kind, "empty", 97, True, None)
    made = record_on_cpu(monkeypatch)
    device = found_by(real, kind, "empty", 97, True, partial(on_tensors, cuda_graphs=True))
    assert_same(host, device)
    assert [recording.replays > 3 for recording in made] == [True]


def test_progress_is_told_and_may_end_it(real):  # noqa: F811
    told = []
    found_by(real, "map_elites", "empty", 35, False, on_tensors, told.append)
    assert told == [1, 2, 12, 22, 32, 35]

    def stop(done):
        if done > 12:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        found_by(real, "map_elites", "empty", 35, False, on_tensors, stop)


def test_what_is_not_finite_ends_it(real):  # noqa: F811
    def broken(solutions, ensemble):
        objective, measures, spread = bits(solutions, ensemble)
        return objective / 0.0, measures, spread

    with pytest.raises(SurrogateError, match="predicts what is not finite"):
        found_by(
            real,
            "map_elites",
            "archive",
            35,
            False,
            lambda model, ensemble: on_tensors(broken, ensemble),
        )


class Reads(StandInForAGpu):
    """Notes how often the host reads from the device, which gives it ones."""

    def __init__(self) -> None:
        super().__init__()
        self.reads = 0

    def __torch_dispatch__(self, function, types, arguments=(), named=None):
        given = super().__torch_dispatch__(function, types, arguments, named)
        asked = any(isinstance(a, torch.Tensor) and a.device == META for a in arguments)
        if asked and getattr(given, "device", None) != META:
            self.reads += 1
            return torch.ones_like(given) if isinstance(given, torch.Tensor) else given
        return given


def test_the_host_reads_from_the_device_between_its_batches_of_work_alone(real):  # noqa: F811
    reads = []
    for steps in (20, 40):
        with Reads() as mode:
            there = partial(on_tensors, device=META)
            found_by(real, "map_elites", "archive", steps, True, there)
            reads.append(mode.reads)
        # Sums of whole numbers are the same in any order.
        assert mode.raising <= {"cumsum"}
    assert reads[1] - reads[0] == 2  # batches of ten iterations
