import subprocess
import sys

import numpy as np
import pytest

from dsage_mpi.archives.tessellation import centroidal, nearest
from tests.support import clean_environment

SCRIPT = """
import numpy as np
from dsage_mpi.archives.tessellation import centroidal
rng = np.random.default_rng(1)
print(centroidal(rng.random((3000, {k})), 60, rng).tobytes().hex())
"""


@pytest.mark.parametrize("dimensions", [1, 2, 4])
def test_cells_are_more_equal_than_those_of_random_points(dimensions):
    rng = np.random.default_rng(3)
    samples = rng.random((5000, dimensions))
    centres = centroidal(samples, 100, rng)
    assert centres.shape == (100, dimensions)
    assert centres.min() > 0
    assert centres.max() < 1
    points = rng.random((40_000, dimensions))
    sizes = [
        np.bincount(nearest(found, points), minlength=100).std()
        for found in (centres, samples[:100])
    ]
    assert sizes[0] < 0.6 * sizes[1]


def test_each_centre_is_the_mean_of_its_samples():
    rng = np.random.default_rng(0)
    samples = rng.random((40, 2))
    centres = centroidal(samples, 5, rng)
    cells = nearest(centres, samples)
    means = [samples[cells == k].mean(axis=0) for k in range(5)]
    np.testing.assert_allclose(centres, means)


def test_as_many_centres_as_samples_are_the_samples():
    samples = np.random.default_rng(0).random((7, 3))
    found = centroidal(samples, 7, np.random.default_rng(1))
    np.testing.assert_array_equal(np.sort(found, axis=0), np.sort(samples, axis=0))


def test_threads_make_no_difference():
    found = set()
    for threads in ("1", "4"):
        limits = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), threads)
        environment = clean_environment() | limits
        command = [sys.executable, "-c", SCRIPT.format(k=3)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        found.add(done.stdout)
    assert len(found) == 1
