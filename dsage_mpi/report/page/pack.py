"""Arrays as short texts that a page's script reads again (``assets/data.js``).

Everything is deflated (zlib) and written in base64. Numbers keep what can be seen of them: whole
multiples of a simple fraction exactly, others as float32.
"""

from __future__ import annotations

import base64
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Numbers that are multiples of 1 over one of these are stored as whole numbers.
_FRACTIONS = (1, 2, 10, 20, 50, 100, 1000, 10_000, 100_000)
#: Smallest type that holds whole numbers up to its largest.
_TYPES = (("u1", 2**8), ("u2", 2**16), ("u4", 2**32))
#: Grey values of the finest occupancy: as many as four bits tell apart, 0 among them.
OCCUPANCY_BITS = (4, 2)

Packed = dict[str, Any]


def packed_bytes(data: bytes) -> str:
    """Deflated, in base64."""
    return base64.b64encode(zlib.compress(data, 9)).decode("ascii")


def packed_column(values: NDArray[Any], fractions: tuple[int, ...] = _FRACTIONS) -> Packed:
    """One number per element ((n,)); NaN and infinities stay as they are."""
    values = np.asarray(values, np.float64)
    if not len(values):
        return {"constant": 0, "count": 0}
    if (values == values[0]).all() and np.isfinite(values[0]):
        return {"constant": float(values[0]), "count": len(values)}
    whole = _as_whole(values, fractions)
    if whole is None:
        return _packed("f4", values.astype("<f4"), 0.0, 1)
    numbers, fraction = whole
    lowest = int(numbers.min())
    above = numbers - lowest
    kind = next((name for name, most in _TYPES if above.max() < most), None)
    if kind is None:
        return _packed("f4", values.astype("<f4"), 0.0, 1)
    return _packed(kind, above.astype(f"<{kind}"), lowest, fraction)


def four_digits(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Multiples of one ten-thousandth of the range's power of ten."""
    span = float(np.ptp(values)) or 1.0
    step = 10.0 ** (np.ceil(np.log10(span)) - 4)
    return np.asarray(np.rint(values / step) * step)


def packed_rising(values: NDArray[np.int64]) -> Packed:
    """Rising whole numbers ((n,)), as steps from one to the next."""
    return {**packed_column(np.diff(values, prepend=0)), "steps": True}


def packed_levels(codes: NDArray[np.uint8]) -> Packed:
    """Codes ((n, H, W)) with 1, 2, 4 or 8 bits each."""
    most = int(codes.max(initial=0))
    bits = next(b for b in (1, 2, 4, 8) if most < 2**b)
    return {"bits": bits, "shape": list(codes.shape[1:]), "data": packed_bytes(_bits(codes, bits))}


def packed_occupancy(visits: NDArray[np.float32], bits: int) -> Packed:
    """Visits ((n, H, W)): the most of each level, and of each tile the square root of its share.

    Args:
        visits: Mean visits.
        bits: 2 or 4: 3 or 15 shades beside "never".
    """
    flat = np.asarray(visits, np.float64).reshape(len(visits), -1)
    most = flat.max(axis=1, initial=0.0)
    share = np.sqrt(flat / np.where(most > 0, most, 1.0)[:, None])
    shades = np.ceil(share * (2**bits - 1)).astype(np.uint8)
    return {"bits": bits, "most": packed_column(most), "data": packed_bytes(_bits(shades, bits))}


def packed_paths(paths: list[NDArray[np.int16]]) -> Packed:
    """Ways ((steps, 2) rows and columns each), one after the other."""
    lengths = np.array([len(path) for path in paths], np.int64)
    steps = np.concatenate([np.empty((0, 2), np.int16), *paths])
    return {
        "lengths": packed_column(lengths),
        "rows": packed_column(steps[:, 0]),
        "columns": packed_column(steps[:, 1]),
    }


def _packed(kind: str, values: NDArray[Any], lowest: float, fraction: int) -> Packed:
    return {
        "type": kind,
        "count": len(values),
        "lowest": lowest,
        "fraction": fraction,
        "data": packed_bytes(values.tobytes()),
    }


def _as_whole(
    values: NDArray[np.float64], fractions: tuple[int, ...]
) -> tuple[NDArray[np.float64], int] | None:
    """The values times the first fraction that makes whole numbers of all, and that fraction."""
    if not np.isfinite(values).all():
        return None
    for fraction in fractions:
        times = values * fraction
        whole = np.rint(times)
        if np.allclose(times, whole, rtol=0, atol=1e-9 * fraction):
            return whole, fraction
    return None


def _bits(codes: NDArray[np.uint8], bits: int) -> bytes:
    """Codes packed into bytes, the first of a byte in its lowest bits; each row padded."""
    flat = np.asarray(codes, np.uint8).reshape(len(codes), -1)
    per = 8 // bits
    padded = np.pad(flat, ((0, 0), (0, -flat.shape[1] % per)))
    parts = padded.reshape(len(flat), -1, per)
    made = np.zeros(parts.shape[:2], np.uint8)
    for place in range(per):
        made |= parts[..., place] << (bits * place)
    return made.tobytes()
