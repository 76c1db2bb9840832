import numpy as np
import pytest

from dsage_mpi import Choice, DomainError, Integer, Real
from dsage_mpi.core.parameters import Parameters
from dsage_mpi.core.positions import CHOICE, INTEGER, REAL, Positions

DECLARED = {"x": Real(-2.5, 1), "n": Integer(-3, 4), "c": Choice("a", 7, True), "one": Choice("z")}


def test_samples_are_uniform_over_all_that_there_is():
    parameters, rng = Parameters(DECLARED), np.random.default_rng(0)
    found = np.array([parameters.sample(rng) for _ in range(2000)])
    assert found[:, 0].min() < -2.4
    assert found[:, 0].max() > 0.9
    assert found[:, 0].mean() == pytest.approx(-0.75, abs=0.1)
    for column, values in ((1, range(-3, 5)), (2, range(3)), (3, range(1))):
        counts = [(found[:, column] == value).mean() for value in values]
        assert sum(counts) == pytest.approx(1)
        assert counts == pytest.approx([1 / len(values)] * len(values), abs=0.04)


def test_values_by_name_and_back():
    parameters = Parameters(DECLARED)
    values = {"x": 0.25, "n": -3, "c": True, "one": "z"}
    solution = parameters.solution(values)
    assert solution.tolist() == [0.25, -3, 2, 0]
    assert parameters.values(solution) == values
    assert isinstance(parameters.values(solution)["n"], int)
    level = parameters.levels(solution[None])[0]
    assert level.tolist() == [0.25, -3, 0, 0, 1, 1]
    assert parameters.values_of_level(level) == values
    assert len(parameters.level_bounds) == 6


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"x": 0, "n": 0, "c": "a"}, "expected values of x, n, c, one: differs in one"),
        ({"x": 2, "n": 0, "c": "a", "one": "z"}, r"x = 2: expected what Real\(low=-2.5"),
        ({"x": 0, "n": 0, "c": "b", "one": "z"}, "c = 'b': expected what Choice"),
    ],
)
def test_values_that_cannot_be_are_named(values, words):
    with pytest.raises(DomainError, match=words):
        Parameters(DECLARED).solution(values)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (Real(1, 1), "low < high"),
        (Real(0, float("inf")), "both finite"),
        (Integer(0.5, 3), "whole numbers"),
        (Choice(), "at least one"),
        (Choice("a", "a"), "different choices"),
        ((0, 1), r"expected Real\(low, high\), Integer"),
    ],
)
def test_declarations_that_cannot_be_are_named(wrong, words):
    with pytest.raises(DomainError, match=rf'PARAMETERS\["odd"\] = .*{words}'):
        Parameters({"odd": wrong})


def test_moves_stay_within_the_range_and_change_what_can_change():
    positions = Parameters(DECLARED).positions
    assert positions.kinds.tolist() == [REAL, INTEGER, CHOICE, CHOICE]
    rng = np.random.default_rng(2)
    parameters = Parameters(DECLARED)
    before = np.array([parameters.sample(rng) for _ in range(3000)])
    steps = rng.normal(0, 0.5, before.shape)
    after = positions.moved(before, steps, rng.random(before.shape))
    assert (after >= positions.low).all()
    assert (after <= positions.high).all()
    assert (after[:, 1:] == np.rint(after[:, 1:])).all()
    assert (after[:, 2] != before[:, 2]).all()
    assert (after[:, 3] == 0).all()
    assert {*after[:, 2]} == {0, 1, 2}
    small = positions.moved(before, 1e-6 * np.sign(steps), rng.random(before.shape))
    np.testing.assert_allclose(small[:, 0], before[:, 0], atol=1e-5)
    assert (np.abs(small[:, 1] - before[:, 1]) == 1).all()


def test_positions_without_a_range_move_freely():
    free = Positions(np.array([REAL], np.int8), np.array([-np.inf]), np.array([np.inf]))
    assert free.moved(np.array([[5.0]]), np.array([[-7.0]]), np.array([[0.5]])) == [[-2.0]]
