"""The archive of tensors against the compiled one: the same batches give the same archive."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dsage_mpi.search.pyribs_adapter import generator_of
from dsage_mpi.search.tensor_archive import SPARE_WORDS, TensorGridArchive
from tests.search.test_native_archive import assert_same, both, histories, solutions_of

CPU = torch.device("cpu")
DEVICES = [
    "cpu",
    pytest.param(
        "cuda",
        marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU"),
        id="cuda",
    ),
]


def on(device, rows):
    return {name: torch.from_numpy(np.ascontiguousarray(v)).to(device) for name, v in rows.items()}


def batches_of(history, dtype, seed):
    k, batches = history
    rng = np.random.default_rng(seed)
    for batch in batches:
        count = len(batch)
        yield {
            "solution": solutions_of(rng, count, dtype),
            "objective": np.array([o for o, _ in batch], float),
            "measures": np.array([m for _, m in batch], float).reshape(count, k),
            "level": rng.integers(0, 9, (count, 2, 2)).astype(np.int8),
            "age": rng.integers(0, 9, count),
        }


@settings(max_examples=100, deadline=None)
@given(histories(), st.sampled_from([np.uint8, np.float64, np.float32]), st.integers(0, 2**32))
def test_equal_batches_give_equal_archives(history, dtype, seed):
    (_, expected), (_, found) = (both(history[0], np.dtype(dtype)) for _ in range(2))
    first, *others = [b for b in batches_of(history, dtype, seed) if len(b["age"])] or [None]
    if first is None:
        return
    for archive in (expected, found):  # what a tensor archive begins with
        archive.add(**first)
    tensors = TensorGridArchive(found, 12, CPU)
    for batch in others:
        expected.add(**batch)
        tensors.add(on(CPU, batch))
    tensors.store()
    assert_same(expected, found)
    assert bool(tensors.sane)


@pytest.mark.parametrize("device", DEVICES)
def test_large_batches_with_many_ties(device):
    (_, expected), (_, found) = both(), both()
    rng = np.random.default_rng(0)
    tensors = TensorGridArchive(found, 6000, torch.device(device))
    for count in (1, 7, 150, 400, 6000):
        batch = {
            "solution": solutions_of(rng, count, np.int8),
            "objective": rng.integers(-40, 40, count) / 8 * rng.choice([-1.0, 1.0], count),
            "measures": rng.normal(3, 4, (count, 2)),
            "level": rng.integers(0, 9, (count, 2, 2)).astype(np.int8),
            "age": np.arange(count),
        }
        expected.add(**batch)
        tensors.add(on(device, batch))
    tensors.store()
    assert len(found) == 24
    assert_same(expected, found)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("elites", [1, 2, 3, 24])
def test_the_same_words_draw_the_same_elites(device, elites):
    (_, expected), (_, found) = both(), both()
    cells = np.random.default_rng(1).permutation(24)[:elites]
    for archive in (expected, found):
        archive.add(
            np.zeros((elites, 3)),
            np.ones(elites),
            np.stack([cells // 3 + 0.5, (cells % 3) * 2.7], axis=1),
            level=np.zeros((elites, 2, 2)),
            age=np.arange(elites),
        )
    assert len(found) == elites
    tensors, rng = TensorGridArchive(found, 1, torch.device(device)), generator_of(found)
    words = torch.from_numpy(rng.integers(2**32, size=900, dtype=np.uint32).astype(np.int64))
    taken = torch.zeros((), dtype=torch.int64, device=device)
    for count in (7, 1, 30):
        drawn = tensors.sample(words.to(device), taken, count)
        np.testing.assert_array_equal(drawn.cpu(), expected.sample_elites(count)["index"])
    assert bool(tensors.sane)
    assert int(taken) == (38 if elites > 1 else 0)


def test_words_that_would_favour_some_elites_are_passed_over():
    _, archive = both()
    archive.add(
        np.zeros((3, 3)),
        [1, 1, 1],
        [[0.5, 0], [1.5, 0], [2.5, 0]],
        level=np.zeros((3, 2, 2)),
        age=[0, 1, 2],
    )
    tensors = TensorGridArchive(archive, 1, CPU)
    # 2**32 is 1 more than a multiple of 3: of the words only 0 is refused.
    words = torch.zeros(3 + SPARE_WORDS, dtype=torch.int64)
    words[[1, 3, 4]] = torch.tensor([2**32 - 1, 2**31, 1])
    taken = torch.zeros((), dtype=torch.int64)
    drawn = tensors.sample(words, taken, 3)
    assert archive.data("index")[[2, 1, 0]].tolist() == drawn.tolist()
    assert int(taken) == 5
    assert bool(tensors.sane)
    words[:] = 0
    tensors.sample(words, torch.zeros((), dtype=torch.int64), 3)
    assert not bool(tensors.sane)


@pytest.mark.parametrize(("name", "value"), [("objective", np.nan), ("measures", -np.inf)])
def test_what_is_not_finite_is_noticed(name, value):
    _, archive = both()
    batch = {
        "solution": np.zeros((2, 3), np.int8),
        "objective": np.ones(2),
        "measures": np.ones((2, 2)),
        "level": np.zeros((2, 2, 2), np.int8),
        "age": np.zeros(2, np.int64),
    }
    archive.add(**batch)
    tensors = TensorGridArchive(archive, 2, CPU)
    tensors.add(on(CPU, batch))
    assert bool(tensors.sane)
    batch[name][-1] = value
    tensors.add(on(CPU, batch))
    assert not bool(tensors.sane)
