import numpy as np
import pytest
from ribs.archives import GridArchive

from dsage_mpi.config.schema import SelectionSettings
from dsage_mpi.search.selection import coarse_cells, select


def archive_with(measures):
    archive = GridArchive(solution_dim=1, dims=(8, 6), ranges=((0, 8), (0, 6)), seed=0)
    if len(measures):
        measures = np.asarray(measures, dtype=float)
        archive.add(np.arange(len(measures))[:, None], np.ones(len(measures)), measures)
    return archive


@pytest.fixture
def full():
    x, y = np.meshgrid(np.arange(8) + 0.5, np.arange(6) + 0.5, indexing="ij")
    return archive_with(np.stack([x.ravel(), y.ravel()], axis=1))


def rng(seed=0):
    return np.random.default_rng(seed)


def test_all_picks_every_elite_once(full):
    chosen = select(SelectionSettings(kind="all"), full, archive_with([]), rng())
    assert sorted(chosen) == list(range(48))


def test_downsample_picks_one_per_occupied_coarse_cell(full):
    settings = SelectionSettings(kind="downsample", coarse_dims=(4, 2))
    chosen = select(settings, full, archive_with([]), rng())
    cells = full.data("measures")[chosen] // [2, 3]
    assert len(chosen) == 8
    assert len(np.unique(cells, axis=0)) == 8


def test_downsample_is_uniform_within_a_coarse_cell():
    archive = archive_with([[0.5, 0.5], [0.5, 1.5], [1.5, 0.5]])
    settings = SelectionSettings(kind="downsample", coarse_dims=(4, 2))
    counts = np.zeros(3)
    for seed in range(900):
        (chosen,) = select(settings, archive, archive_with([]), rng(seed))
        counts[chosen] += 1
    assert counts.min() > 240  # 300 expected, standard deviation 14


def test_coarse_cells_are_blocks_of_fine_ones(full):
    cells = full.data("index")
    coarse = coarse_cells(full, cells, (4, 2))
    expected = (full.data("measures") // [2, 3]).astype(int)
    np.testing.assert_array_equal(np.stack(np.divmod(coarse, 2), axis=1), expected)


def test_random_picks_count_distinct(full):
    chosen = select(SelectionSettings(kind="random", count=10), full, archive_with([]), rng())
    assert len(set(chosen)) == 10


def test_count_larger_than_the_archive_picks_all(full):
    chosen = select(SelectionSettings(kind="random", count=1000), full, archive_with([]), rng())
    assert len(chosen) == 48


def test_empty_cells_come_first(full):
    occupied = archive_with([[x + 0.5, y + 0.5] for x in range(8) for y in range(5)])
    settings = SelectionSettings(kind="empty_cells_first", count=8)
    chosen = select(settings, full, occupied, rng())
    assert (full.data("measures")[chosen][:, 1] > 5).all()
    settings = SelectionSettings(kind="empty_cells_first", count=12)
    chosen = select(settings, full, occupied, rng())
    assert (full.data("measures")[chosen][:, 1] > 5).sum() == 8


@pytest.mark.parametrize("kind", ["all", "downsample", "random", "empty_cells_first"])
def test_same_stream_same_choice(full, kind):
    settings = SelectionSettings(kind=kind, count=5, coarse_dims=(4, 2))
    first, second = (select(settings, full, archive_with([]), rng(7)) for _ in range(2))
    np.testing.assert_array_equal(first, second)
