"""Checksums of arrays, block by block, so that every rank can do the blocks that it holds.

The checksum of an array is the SHA-256 of the SHA-256s of its blocks, one after the other. A
block is ``block_rows`` entries along the first axis, the last one may be shorter; what counts are
the bytes in C order. An array without axes is one block, an empty one has none.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Iterator

import numpy as np

from dsage_mpi.core.domain import Array

#: A block has about this many bytes: small enough to spread, large enough to write in one go.
BLOCK_BYTES = 2**20


def block_rows(dtype: np.dtype, shape: tuple[int, ...]) -> int:  # type: ignore[type-arg]
    """Entries along the first axis that make one block; at least 1."""
    row_bytes = dtype.itemsize * math.prod(shape[1:])
    return max(1, BLOCK_BYTES // max(1, row_bytes))


def blocks(array: Array) -> Iterator[Array]:
    """The blocks of a whole array."""
    rows = block_rows(array.dtype, array.shape)
    table = array.reshape(1) if array.ndim == 0 else array
    for first in range(0, len(table) if table.size else 0, rows):
        yield table[first : first + rows]


def block_digest(block: Array) -> bytes:
    """SHA-256 (32 bytes) of one block."""
    return hashlib.sha256(np.ascontiguousarray(block).view(np.uint8).data).digest()


def combine(digests: Iterable[bytes]) -> str:
    """The array's checksum (64 hexadecimal digits) from those of its blocks, in order."""
    return hashlib.sha256(b"".join(digests)).hexdigest()


def checksum(array: Array) -> str:
    """The checksum of a whole array."""
    return combine(block_digest(block) for block in blocks(array))
