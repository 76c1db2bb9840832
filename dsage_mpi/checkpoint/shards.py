"""Which rank holds which rows of a table, and what a rank other than 0 remembers of them.

Block ``k`` of a table (see ``checksum``) belongs to rank ``k`` modulo the number of ranks. As
tables grow by rows alone, what a rank has been sent stays right: a further checkpoint sends the
new rows only.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from dsage_mpi.checkpoint.checksum import block_digest, block_rows
from dsage_mpi.core.domain import Array

#: Rows [first, end) of a table.
Range = tuple[int, int]


@dataclass(frozen=True)
class Table:
    """A table as all ranks must know it.

    Attributes:
        path: Its dataset.
        dtype: Of its entries.
        shape: Of all of it; the first axis counts the rows.
        held: Rows that the ranks have been sent before; 0: forget what they were.
    """

    path: str
    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    held: int = 0

    @property
    def block(self) -> int:
        """Rows of a block."""
        return block_rows(self.dtype, self.shape)

    @property
    def row_bytes(self) -> int:
        """Bytes of one row."""
        return int(self.dtype.itemsize) * math.prod(self.shape[1:])

    def ranges(self, rank: int, size: int, since: int = 0) -> list[Range]:
        """The rows from ``since`` on that belong to one rank, block by block."""
        rows, block = self.shape[0], self.block
        starts = range(rank * block, rows, size * block)
        found = [(max(start, since), min(start + block, rows)) for start in starts]
        return [(first, end) for first, end in found if first < end]


def count(ranges: list[Range]) -> int:
    """Rows in all of them."""
    return sum(end - first for first, end in ranges)


class Shard:
    """One rank's rows of one table, in order."""

    def __init__(self) -> None:
        self._rows: Array | None = None
        self._length = 0
        self._digests: list[bytes] = []

    def grow(self, table: Table, added: int) -> Array:
        """Room for ``added`` further rows, to be filled in ((added, ...) of the table's dtype)."""
        if table.held == 0 or self._rows is None:
            self._rows = np.empty((added, *table.shape[1:]), table.dtype)
            self._length, self._digests = 0, []
        needed = self._length + added
        if needed > len(self._rows):
            grown = np.empty((max(needed, 2 * len(self._rows)), *table.shape[1:]), table.dtype)
            grown[: self._length] = self._rows[: self._length]
            self._rows = grown
        start, self._length = self._length, needed
        return self._rows[start:needed]

    @property
    def rows(self) -> Array:
        """All rows ((n, ...), a view)."""
        assert self._rows is not None
        return self._rows[: self._length]

    def digests(self, block: int) -> list[bytes]:
        """SHA-256 of each block; those of full blocks are remembered."""
        full = self._length // block
        for k in range(len(self._digests), full):
            self._digests.append(block_digest(self.rows[k * block : (k + 1) * block]))
        rest = self.rows[full * block :]
        return [*self._digests, *([block_digest(rest)] if len(rest) else [])]
