import numpy as np
import pytest
from ribs.archives import GridArchive

from dsage_mpi.archives.grid import GridArchives
from dsage_mpi.search.archive import ground_truth_archive, surrogate_archive
from tests.search.toy import ARCHIVE, BitDomain


@pytest.fixture(params=[ground_truth_archive, surrogate_archive])
def archive(request):
    return request.param(GridArchives(ARCHIVE, 0), BitDomain(), seed=1)


@pytest.mark.parametrize("far", [8.0, 9.0, 2.0**31, 1e12, 1e300])
def test_measures_beyond_a_bound_are_in_the_cell_at_that_bound(archive, far):
    cells = archive.int_to_grid_index(archive.index_of([[far, far], [-far, far]]))
    np.testing.assert_array_equal(cells, [[7, 7], [0, 7]])


def test_cells_are_those_of_pyribs(archive):
    plain = GridArchive(solution_dim=1, dims=ARCHIVE.dims, ranges=ARCHIVE.ranges)
    rng = np.random.default_rng(0)
    borders = np.stack(np.meshgrid(range(-1, 10), range(-1, 10)), axis=-1).reshape(-1, 2)
    measures = np.concatenate([rng.uniform(-2, 10, (1000, 2)), borders, borders - 1e-9])
    np.testing.assert_array_equal(archive.index_of(measures), plain.index_of(measures))


def test_measures_that_are_no_numbers_are_refused(archive):
    for bad in (np.nan, np.inf):
        with pytest.raises(ValueError, match="finite"):
            archive.index_of([[0.0, bad]])
