import numpy as np

from dsage_mpi.search.seen import SeenLevels


def test_only_what_was_added_is_known():
    levels = np.random.default_rng(0).integers(0, 4, (50, 16, 16)).astype(np.int8)
    seen = SeenLevels()
    assert not seen(levels).any()
    seen.add(levels[10:20])
    np.testing.assert_array_equal(np.flatnonzero(seen(levels)), np.arange(10, 20))


def test_how_levels_lie_in_memory_does_not_matter():
    levels = np.arange(24, dtype=np.int8).reshape(1, 4, 6)
    seen = SeenLevels()
    seen.add(np.asfortranarray(levels))
    assert seen(levels.astype(np.int64)).all()
    assert not seen(levels[:, ::-1]).any()


def test_no_levels():
    assert SeenLevels()(np.empty((0, 4, 4), np.int8)).shape == (0,)
