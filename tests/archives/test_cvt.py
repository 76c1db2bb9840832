import numpy as np
import pytest
from ribs.archives import CVTArchive

from dsage_mpi.archives import build_archives
from dsage_mpi.archives.cvt import CvtArchives, CvtSettings
from dsage_mpi.config.tables import SelectionSettings

SETTINGS = CvtSettings(
    kind="cvt", measures=("a", "b"), ranges=((0, 1), (-500, 500)), cells=80, samples=2000
)


@pytest.fixture(scope="module")
def archives():
    return CvtArchives(SETTINGS, 7)


@pytest.fixture
def archive(archives):
    return archives.make(solution_dim=1, ranges=SETTINGS.ranges, seed=0)


def test_it_is_one_of_pyribs(archive, archives):
    assert isinstance(archive, CVTArchive)
    assert archive.cells == 80
    np.testing.assert_array_equal(archive.centroids, archives.centroids)


def test_ranges_count_alike_whatever_their_units(archive):
    """In units, a thousandth of the second measure would outweigh all of the first."""
    low, middle, high = archive.index_of([[0.0, 0.0], [0.5, 0.0], [1.0, 0.0]])
    assert len({low, middle, high}) == 3


def test_a_centroid_is_in_its_own_cell(archive):
    np.testing.assert_array_equal(archive.index_of(archive.centroids), np.arange(80))


@pytest.mark.parametrize("far", [501.0, 1e9, 1e300])
def test_measures_beyond_a_bound_are_in_the_cell_at_that_bound(archive, far):
    beyond, at = archive.index_of([[0.3, far], [0.3, 500.0]])
    assert beyond == at


def test_measures_that_are_no_numbers_are_refused(archive):
    for bad in (np.nan, np.inf):
        with pytest.raises(ValueError, match="finite"):
            archive.index_of([[0.0, bad]])


def test_cells_come_from_the_run_seed(archives):
    again, other = CvtArchives(SETTINGS, 7), CvtArchives(SETTINGS, 8)
    np.testing.assert_array_equal(again.centroids, archives.centroids)
    assert not np.array_equal(other.centroids, archives.centroids)


def test_stored_cells_are_taken_over(archives):
    stored = {"cells": {"centroids": archives.centroids + 0.001}}
    made = build_archives(SETTINGS, 7, stored)
    np.testing.assert_array_equal(made.centroids, stored["cells"]["centroids"])
    archive = made.make(solution_dim=1, ranges=SETTINGS.ranges, seed=0)
    np.testing.assert_array_equal(archive.centroids, made.centroids)


def test_coarse_cells_join_neighbours(archives):
    selection = SelectionSettings(kind="downsample", coarse_cells=10)
    coarse = archives.coarse_cells(np.arange(80), selection)
    assert sorted(set(coarse.tolist())) == list(range(10))
    places = archives.centroids / [1, 1000]
    spread = [np.ptp(places[coarse == k], axis=0).max() for k in range(10)]
    assert max(spread) < 0.6
    np.testing.assert_array_equal(
        archives.coarse_cells(np.array([5, 70]), selection), coarse[[5, 70]]
    )


def test_as_many_coarse_cells_as_cells_join_none(archives):
    selection = SelectionSettings(kind="downsample", coarse_cells=80)
    assert len(set(archives.coarse_cells(np.arange(80), selection).tolist())) == 80


def test_a_cell_is_found_by_measures(archives):
    assert archives.cell_of(archives.centroids[33]) == 33


def test_what_takes_long_is_told(caplog):
    many = SETTINGS.model_copy(update={"cells": 2, "samples": 300_000})
    with caplog.at_level("INFO"):
        CvtArchives(many, 7).centroids  # noqa: B018
        assert "centres of 2 cells from 300000 points, which takes a while" in caplog.text
        caplog.clear()
        CvtArchives(SETTINGS, 7).centroids  # noqa: B018
        assert caplog.text == ""
