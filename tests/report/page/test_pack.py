"""Packed arrays: what they keep, and how small they are. Browsers read them in test_browser.py."""

from __future__ import annotations

import base64
import zlib
from typing import Any

import numpy as np
import pytest

from dsage_mpi.report.page.pack import (
    packed_column,
    packed_levels,
    packed_occupancy,
    packed_rising,
)


def raw(packed: dict[str, Any]) -> bytes:
    return zlib.decompress(base64.b64decode(packed["data"]))


def numbers(packed: dict[str, Any]) -> np.ndarray:
    """As ``assets/data.js`` reads them."""
    if "data" not in packed:
        return np.full(packed["count"], packed["constant"], np.float64)
    values = np.frombuffer(raw(packed), f"<{packed['type']}").astype(np.float64)
    values = (values + packed["lowest"]) / packed["fraction"]
    return np.cumsum(values) if packed.get("steps") else values


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([3.0, 3.0, 3.0], None),
        ([], None),
        ([-1.0, 254.0, 7.0], "u1"),
        ([0.02, 5.0, 1.98], "u1"),
        ([0.0, 648.0, 1e5], "u4"),
        ([1 / 3, 2 / 3, 0.5], "f4"),
        ([np.nan, 1.0, np.inf], "f4"),
        ([np.inf], "f4"),
        ([-1e12, 1e12], "f4"),
    ],
)
def test_columns_keep_their_numbers(values: list[float], kind: str | None) -> None:
    packed = packed_column(np.array(values))
    assert packed.get("type") == kind
    exact = kind != "f4"
    np.testing.assert_allclose(numbers(packed), values, rtol=0 if exact else 1e-6)


def test_numbers_that_rise_take_their_steps() -> None:
    values = np.cumsum(np.random.default_rng(0).integers(1, 4, 1000))
    packed = packed_rising(values)
    assert packed["type"] == "u1"
    np.testing.assert_array_equal(numbers(packed), values)


@pytest.mark.parametrize(("most", "bits"), [(1, 1), (3, 2), (4, 4), (15, 4), (16, 8), (127, 8)])
def test_levels_take_as_few_bits_as_their_codes(most: int, bits: int) -> None:
    codes = np.random.default_rng(0).integers(most + 1, size=(5, 3, 7)).astype(np.uint8)
    codes[0, 0, 0] = most
    packed = packed_levels(codes)
    assert (packed["bits"], packed["shape"]) == (bits, [3, 7])
    stride = -(-21 * bits // 8)
    bytes_ = np.frombuffer(raw(packed), np.uint8).reshape(5, stride)
    unpacked = np.unpackbits(bytes_, axis=1, bitorder="little").reshape(5, -1, bits)[:, :21]
    read = (unpacked << np.arange(bits, dtype=np.uint8)).sum(axis=2)
    np.testing.assert_array_equal(read, codes.reshape(5, 21))


def test_a_tile_that_was_visited_is_never_shown_as_one_that_was_not() -> None:
    visits = np.array([[[0, 0.02], [40, 600]], [[0, 0], [0, 0]]], np.float32)
    packed = packed_occupancy(visits, 4)
    shades = np.frombuffer(raw(packed), np.uint8).reshape(2, 2)
    assert shades.tolist() == [[0x10, 0xF4], [0, 0]]
    np.testing.assert_allclose(numbers(packed["most"]), [600, 0])
