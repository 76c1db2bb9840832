import numpy as np
import pytest

from dsage_mpi.archives import build_archives
from dsage_mpi.config.schema import Config
from dsage_mpi.search.archive import ground_truth_archive
from dsage_mpi.search.inner_loop import Predicted, inner_loop
from dsage_mpi.search.problem import Problem
from tests.search.toy import BitDomain


def settings(start, iterations=5):
    return Config.model_validate(
        {
            "domain": {"name": "maze"},
            "archive": {
                "measures": ["num_blocks", "agent_path_length"],
                "dims": [8, 8],
                "ranges": [[0, 8], [0, 8]],
            },
            "emitters": {"count": 2, "batch_size": 10, "mutations": 2, "initial_population": 20},
            "inner_loop": {"start": start, "iterations": iterations},
            "selection": {"kind": "all"},
        }
    )


def problem(archive, start="archive", iterations=5):
    config = settings(start, iterations)
    return Problem(config, BitDomain(), build_archives(config.archive, 0), archive)


def empty_archive():
    return ground_truth_archive(build_archives(settings("archive").archive, 0), BitDomain(), 0)


class Asked:
    """A surrogate that knows the truth, and all that it was asked about."""

    def __init__(self):
        self.solutions = []

    def __call__(self, solutions):
        self.solutions.append(np.array(solutions))
        return Predicted(*BitDomain().predict(solutions), solutions.reshape(-1, 4, 4))


@pytest.fixture
def real():
    """Two real elites of objectives that no prediction reaches, far from random solutions."""
    archive = empty_archive()
    ones = np.zeros((2, 16), np.int8)
    ones[1, 0] = 1
    archive.add(
        ones,
        [7.0, 9.0],
        [[0.0, 0.0], [1.0, 0.0]],
        level=ones.reshape(-1, 4, 4),
        metadata=np.zeros((2, 1)),
        evaluation=np.arange(2),
    )
    return archive


def test_real_elites_are_parents_from_the_first_iteration_on(real):
    predict = Asked()
    found = inner_loop(problem(real), predict, 1)
    assert predict.solutions[0].sum(axis=1).max() <= 3  # at most two positions changed
    assert found.data("objective").max() == 9.0  # the simulated value
    np.testing.assert_array_equal(found.data("level")[0].ravel(), found.data("solution")[0])


def test_as_published_it_begins_with_random_solutions(real):
    predict = Asked()
    found = inner_loop(problem(real, "empty"), predict, 1)
    assert predict.solutions[0].mean() == pytest.approx(0.5, abs=0.1)
    assert found.data("objective").max() <= 1.0


def test_without_real_elites_it_begins_with_random_solutions():
    predict = Asked()
    assert not inner_loop(problem(empty_archive()), predict, 1).empty
    assert predict.solutions[0].mean() == pytest.approx(0.5, abs=0.1)


def test_the_real_archive_is_left_as_it_is(real):
    before = real.data("objective").copy()
    inner_loop(problem(real, iterations=30), Asked(), 1)
    np.testing.assert_array_equal(real.data("objective"), before)


def test_an_iteration_names_its_random_streams(real):
    archives = [
        inner_loop(problem(real), Asked(), iteration).data("solution") for iteration in (1, 1, 2)
    ]
    np.testing.assert_array_equal(archives[0], archives[1])
    assert archives[0].shape != archives[2].shape or (archives[0] != archives[2]).any()
