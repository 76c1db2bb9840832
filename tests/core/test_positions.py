"""What positions can have, and what is said of a number that they cannot."""

from __future__ import annotations

import numpy as np
import pytest

from dsage_mpi.core.positions import CHOICE, INTEGER, REAL, Positions

MIXED = Positions(
    np.array([REAL, INTEGER, CHOICE, REAL], np.int8),
    np.array([-1.0, 1.0, 0.0, -np.inf]),
    np.array([1.0, 6.0, 2.0, np.inf]),
)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ([1.5, 1, 0, 0], "position 0 of solution 1 is 1.5: expected a number from -1 to 1"),
        ([0, 1.5, 0, 0], "position 1 of solution 1 is 1.5: expected a whole number from 1 to 6"),
        ([0, 1, 3, 0], "position 2 of solution 1 is 3: expected a whole number from 0 to 2"),
        ([0, 1, 0, np.nan], "position 3 of solution 1 is nan: expected a number"),
    ],
)
def test_a_number_that_its_position_cannot_have_is_named(wrong, words):
    assert MIXED.problem(np.array([[-1, 6, 2, 1e9], wrong])) == words


def test_solutions_with_nothing_wrong():
    assert MIXED.problem(np.array([[-1, 1, 0, -1e9], [1, 6, 2, 1e9]])) is None
    assert MIXED.problem(np.empty((0, 4))) is None
