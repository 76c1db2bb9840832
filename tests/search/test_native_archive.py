"""The fast archive against pyribs: the same batches give the same archive, bit for bit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsage_mpi.archives.bounded import BoundedGridArchive
from dsage_mpi.search.native_archive import NativeGridArchive

#: Ties, negative zero, tiny differences.
OBJECTIVES = st.sampled_from([-1.5, -0.0, 0.0, 0.5, 0.5 + 2**-52, 1.0]) | st.floats(-2, 2)
#: On and beside the borders of cells, in and far outside of the ranges.
MEASURES = (
    st.sampled_from([0.0, 1.0, 2.0, 2.0 - 1e-9, 3.0, 8.0, -1.0, 1e300, -1e300, 1e-320])
    | st.integers(-1, 9).map(float)
    | st.floats(-2, 10)
)


def both(measures=2, dtype=np.int8, solution_dim=3, seed=5):
    common = {
        "solution_dim": solution_dim,
        "dims": (8, 3, 5, 2)[:measures],
        "ranges": ((0.0, 8.0), (-1.0, 7.3), (0.0, 1e-3), (-1e6, 3.0))[:measures],
        "seed": seed,
        "solution_dtype": dtype,
        "extra_fields": {"level": ((2, 2), np.int8), "age": ((), np.int64)},
    }
    return BoundedGridArchive(**common), NativeGridArchive(**common)


@st.composite
def histories(draw):
    """A number of measures, and batches of objectives and measures."""
    k = draw(st.integers(1, 4))
    point = st.tuples(OBJECTIVES, st.tuples(*[MEASURES] * k))
    return k, draw(st.lists(st.lists(point, max_size=12), min_size=1, max_size=5))


def solutions_of(rng, count, dtype):
    if np.issubdtype(dtype, np.integer):
        return rng.integers(0, 4, (count, 3)).astype(dtype)
    return rng.normal(size=(count, 3)).astype(dtype)


def assert_same(expected, found):
    a, b = expected.data(), found.data()
    assert a.keys() == b.keys()
    for name in a:
        assert a[name].dtype == b[name].dtype
        assert a[name].tobytes() == b[name].tobytes(), name  # tells -0.0 from 0.0


@settings(max_examples=150, deadline=None)
@given(histories(), st.sampled_from([np.uint8, np.float64, np.float32]), st.integers(0, 2**32))
def test_equal_batches_give_equal_archives(history, dtype, seed):
    k, batches = history
    archives = both(k, np.dtype(dtype))
    rng = np.random.default_rng(seed)
    for batch in batches:
        count = len(batch)
        objective = np.array([o for o, _ in batch])
        measures = np.array([m for _, m in batch]).reshape(count, k)
        solutions = solutions_of(rng, count, dtype)
        fields = {
            "level": rng.integers(0, 9, (count, 2, 2)).astype(np.int8),
            "age": rng.integers(0, 9, count),
        }
        infos = [a.add(solutions, objective, measures, **fields) for a in archives]
        for name in ("status", "value"):
            assert infos[0][name].dtype == infos[1][name].dtype
            assert infos[0][name].tobytes() == infos[1][name].tobytes()
        assert_same(*archives)
        if len(archives[0]):
            drawn = [a.sample_elites(7) for a in archives]
            assert drawn[0].keys() == drawn[1].keys()
            for name in drawn[0]:
                np.testing.assert_array_equal(drawn[0][name], drawn[1][name])


@pytest.mark.parametrize("dtype", [np.uint8, np.float64])
def test_large_batches_with_many_ties(dtype):
    archives = both(2, np.dtype(dtype))
    rng = np.random.default_rng(0)
    for _ in range(60):
        count = int(rng.integers(1, 400))
        batch = {
            "solution": solutions_of(rng, count, dtype),
            "objective": rng.integers(0, 40, count) / 8,
            "measures": rng.normal(3, 4, (count, 2)),
            "level": rng.integers(0, 9, (count, 2, 2)),
            "age": np.arange(count),
        }
        for archive in archives:
            archive.add(**batch)
    assert len(archives[0]) == 24
    assert_same(*archives)


def test_lists_and_other_types_are_taken_as_pyribs_takes_them():
    archives = both()
    for archive in archives:
        archive.add([[1, 2, 3]], [1], [[2, 3]], level=[[[1, 2], [3, 4]]], age=[7])
    assert_same(*archives)


def test_samples_of_solutions_are_those_of_elites():
    archives = both()
    batch = {"level": np.zeros((3, 2, 2)), "age": [1, 2, 3]}
    for archive in archives:
        archive.add(np.arange(9).reshape(3, 3), [1, 2, 3], [[0, 0], [4, 0], [7, 7]], **batch)
    drawn = archives[1].sample_fields(20, ("solution", "age", "no such field"))
    of_pyribs = archives[0].sample_elites(20)
    assert drawn.keys() == {"solution", "age"}
    for name, values in drawn.items():
        np.testing.assert_array_equal(values, of_pyribs[name])
    drawn["solution"][:] = 99  # a copy
    assert archives[1].data("solution").max() == 8


@pytest.mark.parametrize(
    "changed",
    [
        {"objective": [np.nan]},
        {"objective": [np.inf]},
        {"measures": [[0.0, np.nan]]},
        {"measures": [[-np.inf, 0.0]]},
        {"measures": [[0.0]]},
        {"solution": [[1, 2]]},
        {"objective": [1.0, 2.0]},
        {"level": np.zeros((2, 2, 2))},
    ],
)
def test_what_pyribs_refuses_is_refused_and_changes_nothing(changed):
    for archive in both():
        good = {
            "solution": [[1, 2, 3]],
            "objective": [1.0],
            "measures": [[1.0, 1.0]],
            "level": np.ones((1, 2, 2)),
            "age": [1],
        }
        archive.add(**good)
        before = archive.data()
        with pytest.raises(ValueError, match=r"finite|shape|batch"):
            archive.add(**{**good, "objective": [2.0], **changed})
        for name, values in archive.data().items():
            np.testing.assert_array_equal(values, before[name])


def test_a_missing_field_is_refused():
    for archive in both():
        with pytest.raises(ValueError, match="age"):
            archive.add([[1, 2, 3]], [1.0], [[1.0, 1.0]], level=np.ones((1, 2, 2)))


def test_an_empty_archive_has_nothing_to_draw():
    for archive in both():
        assert archive.empty
        assert archive.best_elite is None
        assert archive.stats.num_elites == 0
        with pytest.raises(IndexError):
            archive.sample_elites(1)


def test_statistics_are_those_of_pyribs():
    archives = both()
    rng = np.random.default_rng(1)
    for _ in range(5):
        values = rng.normal(2, 3, (30, 3))
        for archive in archives:
            archive.add(
                np.zeros((30, 3)),
                values[:, 0],
                values[:, 1:],
                level=np.zeros((30, 2, 2)),
                age=np.arange(30),
            )
    expected, found = (archive.stats for archive in archives)
    assert (found.num_elites, found.obj_max) == (expected.num_elites, expected.obj_max)
    for name in ("coverage", "qd_score", "norm_qd_score", "obj_mean"):
        assert getattr(found, name) == pytest.approx(getattr(expected, name))
    best = [archive.best_elite for archive in archives]
    assert best[0].keys() == best[1].keys()
    assert best[0]["index"] == best[1]["index"]


def test_what_else_pyribs_offers_sees_the_same_elites():
    archives = both()
    for archive in archives:
        archive.add(
            np.arange(9).reshape(3, 3),
            [1, 2, 3],
            [[0, 0], [4, 0], [7, 7]],
            level=np.zeros((3, 2, 2)),
            age=[1, 2, 3],
        )
    for name in ("retrieve", "index_of"):
        expected, found = (getattr(a, name)([[4.5, 0.3], [1.0, 1.0]]) for a in archives)
        np.testing.assert_equal(found, expected)
    assert [e["age"] for e in archives[1]] == [e["age"] for e in archives[0]]
    assert (
        len(archives[1].data(["objective", "age"], return_type="pandas")) == 3 == len(archives[1])
    )
    archives[1].clear()
    assert archives[1].empty


def test_an_iteration_notices_that_the_archive_changes():
    _, archive = both()
    batch = {"level": np.zeros((2, 2, 2)), "age": [1, 2]}
    archive.add(np.zeros((2, 3)), [1, 2], [[0, 0], [4, 0]], **batch)
    elites = iter(archive)
    next(elites)
    archive.add(np.zeros((2, 3)), [5, 6], [[0, 0], [4, 0]], **batch)
    with pytest.raises(RuntimeError, match="modified"):
        next(elites)
