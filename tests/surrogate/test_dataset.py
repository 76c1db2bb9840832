import numpy as np
import pytest

from dsage_mpi.surrogate.dataset import FIELDS, DataSet
from dsage_mpi.surrogate.errors import SurrogateError
from tests.surrogate.synthetic import SPACE, data_set, evaluations


def test_rows_keep_their_order_and_precision():
    data = DataSet(30, SPACE)
    first, second = evaluations(10, 1), evaluations(20, 2)
    data.add(*first)
    assert len(data) == 10
    data.add(*second)
    assert len(data) == 30
    for (name, column), *parts in zip(data.arrays().items(), first, second, strict=True):
        np.testing.assert_array_equal(column, np.concatenate(parts), err_msg=name)
    assert data.arrays()["objective"].dtype == np.float64
    assert data.arrays()["levels"].dtype == np.int8


def test_arrays_are_views_of_the_table():
    data = data_set(5)
    assert np.shares_memory(data.arrays()["levels"], data.arrays()["levels"])


@pytest.mark.parametrize(("recent", "first"), [(None, 0), (4, 6), (10, 0), (50, 0)])
def test_window_is_the_most_recent_rows_in_order(recent, first):
    data = data_set(10)
    window = data.window(recent)
    for name in FIELDS:
        np.testing.assert_array_equal(window[name].numpy(), data.arrays()[name][first:])


def test_more_rows_than_capacity_is_an_error_and_adds_nothing():
    data = DataSet(12, SPACE)
    data.add(*evaluations(10))
    with pytest.raises(SurrogateError, match=r"10 of 12 evaluations and 3 more"):
        data.add(*evaluations(3))
    assert len(data) == 10
    data.add(*evaluations(2))
    assert len(data) == 12


@pytest.mark.parametrize("column", [0, 1, 2, 3])
def test_wrong_shapes_are_named(column):
    rows = list(evaluations(4))
    rows[column] = rows[column][:3] if column else rows[0][:, :5]
    name = list(FIELDS)[column]
    with pytest.raises(SurrogateError, match=f"{name} has shape .* expected"):
        DataSet(10, SPACE).add(*rows)


def test_numbers_that_are_not_finite_are_refused():
    rows = list(evaluations(4))
    rows[2][2, 1] = np.nan
    with pytest.raises(SurrogateError, match="measures of added row 2 is not finite"):
        DataSet(10, SPACE).add(*rows)


def test_added_arrays_may_change_afterwards():
    rows = evaluations(4)
    data = DataSet(4, SPACE)
    data.add(*rows)
    before = data.arrays()["levels"].copy()
    rows[0][:] = 2
    np.testing.assert_array_equal(data.arrays()["levels"], before)


def test_no_rows_can_be_added():
    data = DataSet(4, SPACE)
    data.add(*(column[:0] for column in evaluations(4)))
    assert len(data) == 0


def test_state_round_trip():
    data, other = data_set(10), DataSet(20, SPACE)
    other.add(*evaluations(3, 9))
    other.load_state({name: column.copy() for name, column in data.state().items()})
    assert len(other) == 10
    for name, column in data.arrays().items():
        np.testing.assert_array_equal(other.arrays()[name], column)
    other.add(*evaluations(10))
    assert len(other) == 20


def test_state_without_a_field_is_refused():
    state = data_set(3).state()
    del state["measures"]
    with pytest.raises(SurrogateError, match="has no measures"):
        DataSet(3, SPACE).load_state(state)


def test_other_numbers_of_measures():
    data = DataSet(5, SPACE, measure_count=3)
    levels, objective, _, occupancy = evaluations(5)
    data.add(levels, objective, np.zeros((5, 3)), occupancy)
    assert data.arrays()["measures"].shape == (5, 3)
