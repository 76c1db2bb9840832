"""Planes of Mario levels, drawn as text."""

from __future__ import annotations

import numpy as np

from dsage_mpi.domains.mario.planes import PLANES, planes
from dsage_mpi.domains.mario.tiles import from_text

LEVEL = """\
----------
----S-----
----------
----------
----------
----------
----------
----------
----------
----------
----------
--g-------
---tt-----
---tt----X
XX-XX---XX
XX-XX---XX"""


def test_what_the_ground_does_from_column_to_column():
    level = from_text(LEVEL)
    found = planes(level[None])[0]
    assert found.shape == (len(PLANES), 16, 10)
    assert found.dtype == np.float32
    solid, height, rise, gap = found
    assert solid[1].tolist() == [0, 0, 0, 0, 1, 0, 0, 0, 0, 0]
    assert solid[11].tolist() == [0] * 10, "an enemy is nothing to stand on"
    for plane in (height, rise, gap):
        assert (plane == plane[0]).all()
    assert (height[0] * 8).tolist() == [2, 2, 0, 4, 4, 0, 0, 0, 2, 3]
    assert (rise[0] * 4).tolist() == [0, 0, -2, 4, 0, -4, 0, 0, 2, 1]
    assert (gap[0] * 8).tolist() == [0, 0, 1, 0, 0, 3, 3, 3, 0, 0]


def test_a_level_without_any_ground_and_one_without_any_sky():
    nothing = np.zeros((1, 16, 10), np.int8)
    solid = np.full((1, 16, 10), from_text("X" + "\nX" * 15)[0, 0], np.int8)
    assert (planes(nothing)[0, 3] * 8 == 10).all()
    assert (planes(solid)[0, 1] * 8 == 16).all()
    assert (planes(solid)[0, 3] == 0).all()
