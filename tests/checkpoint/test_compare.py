import copy

import numpy as np
import pytest

from dsage_mpi.checkpoint.compare import differences
from dsage_mpi.checkpoint.hdf5 import read_tree, write_tree
from tests.checkpoint.scenarios import tree


def texts(a, b):
    return [str(difference) for difference in differences(a, b)]


@pytest.fixture
def pair(tmp_path):
    """Two equal trees, one of which has been in a file."""
    write_tree(tmp_path / "c.h5", tree(20), tables=("record",))
    return tree(20), read_tree(tmp_path / "c.h5")


def test_equal_trees_have_no_differences(pair):
    assert texts(*pair) == []


def test_the_first_item_is_named_with_both_values(pair):
    a, b = pair
    b["record"]["result"]["length"][17, 2] = 5
    assert texts(a, b) == ["record/result[17].length[2]: 4.123105525970459 != 5.0"]
    b["record"]["result"]["grid"][3, 0, 1] += 1
    assert texts(a, b) == ["record/result[3].grid[0, 1]: 22 != 23 (and 1 more rows)"]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"x": 3}, "x: nothing != 3"),
        ({"counters": {"rows": 21}}, "counters/rows: 20 != 21"),
        ({"counters": {"rows": 20.0}}, "counters/rows: 20 != 20.0"),
        ({"counters": 1}, "counters: a group of 1 != 1"),
    ],
)
def test_leaves_that_differ_in_kind(pair, change, expected):
    a, b = pair
    assert texts(a, {**b, **change}) == [expected]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.zeros(3, "f4"), "v (type): float64 != float32"),
        (np.zeros((3, 1)), "v (shape): (3,) != (3, 1)"),
        (np.zeros(4), "v (rows): 3 != 4"),
        (np.array([0, -0.0, 0]), "v[1]: 0.0 != -0.0"),
        (np.array([0, 0, np.nan]), "v[2]: 0.0 != nan"),
    ],
)
def test_arrays_that_differ(values, expected):
    assert texts({"v": np.zeros(3)}, {"v": values}) == [expected]


def test_scalars_empty_arrays_and_texts():
    a = {
        "nan": np.nan,
        "zero": np.array(1.5),
        "empty": np.empty((0, 3)),
        "wide": np.empty((3, 0)),
        "text": "one\ntwo",
        "list": ["x", "y"],
    }
    b = copy.deepcopy(a)
    assert texts(a, b) == []
    b |= {"zero": np.array(2.5), "text": "one\nTWO", "list": ["x"]}
    assert texts(a, b) == [
        "list[1]: 'y' != nothing",
        "text[line 2]: 'two' != 'TWO'",
        "zero: 1.5 != 2.5",
    ]
