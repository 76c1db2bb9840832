from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_np

from dsage_mpi.report.digest import digest

from .conftest import make_archive


def tree() -> dict[str, Any]:
    return {
        "solution": np.arange(6, dtype=np.int8).reshape(2, 3),
        "objective": np.array([0.5, 1.0]),
        "counters": {"evaluations": 7, "share": 0.25, "name": "maze", "raw": b"\x00\x01"},
    }


STABLE = "e1eb13eb6f7f545a0ed7142824fefe8822fa968658b480ef30b3fd990678b258"


def test_is_stable() -> None:
    """A changed value here means that digests of older runs cannot be compared any more."""
    assert digest(tree(), tree()) == STABLE


def reverse_keys(t: dict[str, Any]) -> None:
    t["counters"] = dict(reversed(t["counters"].items()))
    for key in sorted(t, reverse=True):
        t[key] = t.pop(key)


def big_endian(t: dict[str, Any]) -> None:
    t["objective"] = t["objective"].astype(">f8")


def fortran_order(t: dict[str, Any]) -> None:
    t["solution"] = np.asfortranarray(t["solution"])


def strided(t: dict[str, Any]) -> None:
    t["objective"] = np.repeat(t["objective"], 2)[::2]


def as_stored_in_hdf5(t: dict[str, Any]) -> None:
    t["counters"]["evaluations"] = np.array(7)
    t["counters"]["share"] = np.float64(0.25)


@pytest.mark.parametrize(
    "change", [reverse_keys, big_endian, fortran_order, strided, as_stored_in_hdf5]
)
def test_does_not_depend_on_storage(change: Callable[[dict[str, Any]], None]) -> None:
    changed = tree()
    change(changed)
    assert digest(changed, tree()) == digest(tree(), changed) == digest(tree(), tree())


def one_value(t: dict[str, Any]) -> None:
    t["solution"][1, 2] += 1


def last_bit(t: dict[str, Any]) -> None:
    t["objective"][0] = np.nextafter(0.5, 1)


def dtype(t: dict[str, Any]) -> None:
    t["solution"] = t["solution"].astype(np.int16)


def shape(t: dict[str, Any]) -> None:
    t["solution"] = t["solution"].reshape(3, 2)


def name(t: dict[str, Any]) -> None:
    t["solutions"] = t.pop("solution")


def nesting(t: dict[str, Any]) -> None:
    t["share"] = t["counters"].pop("share")


def counter(t: dict[str, Any]) -> None:
    t["counters"]["evaluations"] = 8


def text(t: dict[str, Any]) -> None:
    t["counters"]["name"] = "mario"


def kind(t: dict[str, Any]) -> None:
    t["counters"]["evaluations"] = 7.0


def row_order(t: dict[str, Any]) -> None:
    t["solution"] = t["solution"][::-1]


def extra(t: dict[str, Any]) -> None:
    t["more"] = {}


@pytest.mark.parametrize(
    "change",
    [one_value, last_bit, dtype, shape, name, nesting, counter, text, kind, row_order, extra],
)
def test_sees_every_difference(change: Callable[[dict[str, Any]], None]) -> None:
    changed = tree()
    change(changed)
    assert digest(changed, tree()) != digest(tree(), tree())
    assert digest(tree(), changed) != digest(tree(), tree())


def test_archive_and_data_set_are_told_apart() -> None:
    assert digest(tree(), {}) != digest({}, tree())
    assert digest(tree(), None) == digest(tree(), {})


def test_structured_arrays_ignore_padding() -> None:
    packed = np.zeros(2, dtype=np.dtype([("a", "i1"), ("b", "f8")]))
    packed["b"] = [1.5, 2.5]
    padded = packed.astype(np.dtype([("a", "i1"), ("b", "f8")], align=True))
    assert digest({"tasks": packed}) == digest({"tasks": padded})
    packed["a"][1] = 1
    assert digest({"tasks": packed}) != digest({"tasks": padded})


@settings(deadline=None, max_examples=50)
@given(
    st_np.arrays(
        dtype=st.one_of(
            st_np.integer_dtypes(endianness="?"), st_np.floating_dtypes(endianness="?")
        ),
        shape=st_np.array_shapes(min_dims=1, max_dims=3, min_side=0),
    )
)
def test_any_array_equals_its_swapped_copy(array: np.ndarray[Any, Any]) -> None:
    swapped = array.astype(array.dtype.newbyteorder("S"))
    assert digest({"a": array}) == digest({"a": swapped})


def test_refuses_what_has_no_canonical_form() -> None:
    with pytest.raises(TypeError, match="/archive/a/b: cannot digest list"):
        digest({"a": {"b": [1, 2]}})
    with pytest.raises(TypeError, match="/archive/a: cannot digest an array of Python objects"):
        digest({"a": np.array([None])})


def test_real_archives() -> None:
    same, other = make_archive(50).data(), make_archive(50, seed=2).data()
    assert digest(make_archive(50).data()) == digest(same)
    assert digest(same) != digest(other)
