import numpy as np
from ribs.archives import GridArchive

from dsage_mpi.search.expected_gain import greedy_by_expected_gain


def archive(elites):
    """Ten cells in a row, with real elites {cell: objective}."""
    made = GridArchive(solution_dim=1, dims=(10, 1), ranges=((0, 10), (0, 1)), seed=0)
    for cell, objective in elites.items():
        made.add(np.zeros((1, 1)), [objective], [[cell + 0.5, 0.5]])
    return made


def outcomes(*solutions):
    """Each solution as a list of (objective, cell), all equally likely."""
    return np.array([[(f, cell + 0.5, 0.5) for f, cell in s] for s in solutions])


def as_given(made):
    """Predictions of which the first quantity says whose outcomes they have."""
    numbers = np.zeros((len(made), 3))
    numbers[:, 0] = np.arange(len(made))
    return numbers, lambda predicted: made[predicted[:, 0].astype(int)]


def picked(elites, *solutions, count=10):
    made = outcomes(*solutions)
    return greedy_by_expected_gain(*as_given(made), archive(elites), count).tolist()


def test_empty_cells_before_better_elites_before_worse():
    assert picked({0: 0.9, 1: 0.2}, [(0.8, 0)], [(0.8, 1)], [(0.8, 2)]) == [2, 1, 0]


def test_likely_gains_before_unlikely_ones():
    unlikely, likely = [(1, 0), (1, 0), (1, 5)], [(1, 0), (1, 6), (1, 7)]
    assert picked({0: 1.0}, unlikely, likely) == [1, 0]


def test_the_second_of_two_alike_gains_less_than_another():
    assert picked({}, [(1.0, 3)], [(1.0, 3)], [(0.5, 4)], count=2) == [0, 2]


def test_an_uncertain_solution_leaves_room_in_its_cells():
    """Half of the first one's gain in cell 3 is still to be had, all of a sure one's is not."""
    assert picked({}, [(1, 3), (1, 4)], [(1, 3), (1, 3)], [(0.4, 5), (0.4, 5)]) == [0, 1, 2]
    assert picked({}, [(1, 3), (1, 3)], [(1, 3), (1, 4)], [(0.4, 5), (0.4, 5)]) == [0, 1, 2]
    assert picked({}, [(1, 3), (1, 3)], [(1, 3), (1, 4)], [(0.6, 5), (0.6, 5)]) == [0, 2, 1]


def test_never_more_than_asked_for_or_there():
    assert len(picked({}, *[[(1.0, c)] for c in range(6)], count=4)) == 4
    assert sorted(picked({}, *[[(1.0, c)] for c in range(6)], count=9)) == list(range(6))


def test_brute_force():
    """Each pick is the best of all that are left, by the definition in the docstring."""
    rng = np.random.default_rng(0)
    made = np.stack([rng.random((12, 5)), rng.uniform(0, 10, (12, 5)), np.full((12, 5), 0.5)], -1)
    elites = {1: 0.5, 4: 0.9, 7: 0.1}
    best = np.array([elites.get(cell, 0.0) for cell in range(10)])
    left, expected = list(range(12)), []
    for _ in range(12):
        gains = {
            k: np.mean([max(0.0, f - best[int(cell)]) for f, cell, _ in made[k]]) for k in left
        }
        choice = max(gains, key=lambda k: (gains[k], -k))
        additions = [(int(cell), max(0.0, f - best[int(cell)]) / 5) for f, cell, _ in made[choice]]
        for cell, addition in additions:
            best[cell] += addition
        left.remove(choice)
        expected.append(choice)
    assert greedy_by_expected_gain(*as_given(made), archive(elites), 12).tolist() == expected


def test_many_predictions_are_looked_at_in_parts_with_the_same_result(monkeypatch):
    rng = np.random.default_rng(1)
    made = np.stack([rng.random((50, 5)), rng.uniform(0, 10, (50, 5)), np.full((50, 5), 0.5)], -1)
    at_once = greedy_by_expected_gain(*as_given(made), archive({3: 0.5}), 20)
    monkeypatch.setattr("dsage_mpi.search.expected_gain._TOGETHER", 7)
    in_parts = greedy_by_expected_gain(*as_given(made), archive({3: 0.5}), 20)
    assert in_parts.tolist() == at_once.tolist()


def test_progress_is_told_before_every_part_and_after_every_pick(monkeypatch):
    monkeypatch.setattr("dsage_mpi.search.expected_gain._TOGETHER", 2)
    told = []
    made = outcomes(*[[(1.0, c)] for c in range(5)])
    greedy_by_expected_gain(*as_given(made), archive({}), 3, told.append)
    assert told == [0, 0, 0, 1, 2, 3]
