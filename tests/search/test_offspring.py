import numpy as np

from dsage_mpi.search.offspring import unseen_offspring
from dsage_mpi.search.seen import SeenLevels
from tests.search.test_inner_loop import problem, real  # noqa: F401  (a fixture)


def levels_of(solutions):
    return np.asarray(solutions).reshape(-1, 4, 4)


def offspring(archive, count, seen=None, iteration=3):
    return offspring_and_parents(archive, count, seen, iteration)[0]


def offspring_and_parents(archive, count, seen=None, iteration=3):
    return unseen_offspring(problem(archive), levels_of, seen or SeenLevels(), count, iteration)


def test_children_of_real_elites_each_once(real):  # noqa: F811
    children = offspring(real, 50)
    assert children.shape == (50, 16)
    assert children.dtype == np.int8
    assert len(np.unique(children, axis=0)) == 50
    assert children.sum(axis=1).max() <= 3


def test_each_knows_the_elite_that_it_is_a_mutation_of(real):  # noqa: F811
    children, parents = offspring_and_parents(real, 50)
    known = real.data(["evaluation", "solution"])
    solutions = dict(zip(known["evaluation"].tolist(), known["solution"], strict=True))
    assert set(parents.tolist()) <= set(solutions)
    for child, parent in zip(children, parents.tolist(), strict=True):
        assert (child != solutions[parent]).sum() <= 2


def test_none_that_has_been_simulated(real):  # noqa: F811
    seen = SeenLevels()
    first = offspring(real, 30)
    seen.add(levels_of(first))
    assert not seen(levels_of(offspring(real, 30, seen))).any()


def test_same_iteration_same_children(real):  # noqa: F811
    np.testing.assert_array_equal(offspring(real, 9), offspring(real, 9))
    assert (offspring(real, 9) != offspring(real, 9, iteration=4)).any()


def test_where_all_is_known_there_are_none(real):  # noqa: F811
    assert len(offspring(real, 5, seen=lambda levels: np.ones(len(levels), bool))) == 0
