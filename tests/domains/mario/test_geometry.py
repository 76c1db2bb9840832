from __future__ import annotations

import pytest

from dsage_mpi.domains.mario.geometry import find_ends, floor_row
from tests.domains.mario import levels


@pytest.mark.parametrize(
    ("column", "row"),
    [
        ("-" * 16, -1),
        ("-" * 14 + "XX", 13),
        ("---S" + "-" * 10 + "XX", 13),  # the lowest floor counts
        ("-" * 10 + "SS----", 9),
        ("X" * 16, -1),
        ("-" * 15 + "*", -1),  # cannons are no floor
        ("-" * 12 + "*XXX", 12),
        ("-" * 12 + "|ot%", 14 - 1),
        ("-" * 15 + "F", -1),
    ],
)
def test_floor_row(column, row):
    level = levels.empty()
    for k, tile in enumerate(column):
        levels.put(level, k, 4, tile)
    assert floor_row(level, 4) == row


def test_ends_of_a_level_without_marks():
    ends = find_ends(levels.flat())
    assert (ends.start, ends.exit, ends.pole) == ((13, 0), (13, 55), (2, 13))
    nothing = find_ends(levels.empty())
    assert (nothing.start, nothing.exit, nothing.pole) == ((-1, 0), (-1, 55), (1, 1))


def test_the_last_marks_win():
    level = levels.flat()
    for row, column, tile in ((3, 9, "M"), (5, 2, "M"), (4, 30, "F"), (9, 20, "F")):
        levels.put(level, row, column, tile)
    ends = find_ends(level)
    assert (ends.start, ends.exit, ends.pole) == ((5, 2), (9, 20), (1, 9))
