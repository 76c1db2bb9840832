import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsage_mpi.checkpoint.checksum import block_digest, checksum, combine
from dsage_mpi.checkpoint.shards import Shard, Table, count

#: 2**18 bytes: four rows are a block.
WIDE = np.dtype((np.void, 2**18))


def test_blocks_have_about_a_megabyte():
    assert Table("t", np.dtype("f8"), (10,)).block == 2**17
    assert Table("t", np.dtype("u1"), (10, 256)).block == 4096
    assert Table("t", WIDE, (10,)).block == 4
    assert Table("t", np.dtype("f8"), (10, 2**20)).block == 1
    assert Table("t", np.dtype("f8"), (10, 0)).block == 2**20


@given(rows=st.integers(0, 60), since=st.integers(0, 60), size=st.integers(1, 7))
@settings(max_examples=60, deadline=None)
def test_every_row_belongs_to_one_rank(rows, since, size):
    table = Table("t", WIDE, (rows,))
    found = [
        row
        for rank in range(size)
        for a, b in table.ranges(rank, size, since)
        for row in range(a, b)
    ]
    assert sorted(found) == list(range(since, rows))


@given(steps=st.lists(st.integers(0, 9), min_size=1, max_size=8), size=st.integers(1, 4))
@settings(max_examples=30, deadline=None)
def test_a_table_that_grows_has_the_checksum_of_the_whole(steps, size):
    """Each rank is sent what is new, block by block, and remembers the rest."""
    whole = np.random.default_rng(0).integers(256, size=(80, 2**18), dtype=np.uint8)
    shards = [Shard() for _ in range(size)]
    held = 0
    for rows in np.cumsum(steps):
        table = Table("t", whole.dtype, (int(rows), 2**18), held)
        for rank, shard in enumerate(shards):
            ranges = table.ranges(rank, size, held)
            room = shard.grow(table, count(ranges))
            room[:] = np.concatenate([whole[:0], *(whole[a:b] for a, b in ranges)])
        held = int(rows)
        parts = [shard.digests(table.block) for shard in shards]
        total = sum(map(len, parts))
        digests = [parts[k % size][k // size] for k in range(total)]
        assert combine(digests) == checksum(whole[:rows])


def test_a_shard_can_start_afresh():
    shard = Shard()
    first = Table("t", np.dtype("i8"), (5,))
    shard.grow(first, 5)[:] = 1
    shard.grow(Table("t", np.dtype("f4"), (3, 2)), 3)[:] = 2
    assert shard.rows.dtype == np.float32
    assert shard.rows.tolist() == [[2, 2]] * 3
    assert shard.digests(10) == [block_digest(np.full((3, 2), 2, np.float32))]


@pytest.mark.parametrize("shape", [(), (0,), (3, 0), (7,), (2, 3)])
def test_checksums_tell_values_apart(shape):
    zeros = np.zeros(shape)
    assert checksum(zeros) == checksum(np.zeros(shape))
    if zeros.size:
        assert checksum(zeros) != checksum(np.ones(shape))
