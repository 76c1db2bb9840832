from __future__ import annotations

import numpy as np
import pytest

from dsage_mpi.domains.mario.draw import draw_level, draw_path
from dsage_mpi.domains.mario.tiles import TILES
from tests.domains.mario import levels


def cell(image, row, column):
    return image[16 * row : 16 * row + 16, 16 * column : 16 * column + 16]


def test_a_level_is_16_pixels_a_tile():
    image = draw_level(levels.flat())
    assert image.shape == (256, 896, 3)
    assert image.dtype == np.uint8


@pytest.mark.parametrize("tile", TILES[1:])
def test_every_tile_is_seen_and_looks_different(tile):
    drawn = {}
    for other in TILES:
        level = levels.flat()
        levels.put(level, 6, 30, other)
        drawn[other] = cell(draw_level(level), 6, 30).tobytes()
    if tile not in "MF":  # these move start and exit; they are seen in another place
        assert sum(picture == drawn[tile] for picture in drawn.values()) == 1


def test_start_and_flag_are_where_the_game_puts_them():
    bare, level = draw_level(levels.empty()), levels.flat()
    levels.put(level, 6, 30, "M")
    levels.put(level, 9, 40, "F")
    image = draw_level(level)
    assert (cell(image, 6, 30) != cell(bare, 6, 30)).any()
    np.testing.assert_array_equal(cell(image, 13, 0), cell(bare, 13, 0))
    for row in range(1, 10):
        assert (cell(image, row, 40) != cell(bare, row, 40)).any()
    np.testing.assert_array_equal(cell(image, 10, 40), cell(bare, 10, 40))


def test_pipes_join():
    level = levels.flat()
    levels.put(level, 12, 20, "tt")
    levels.put(level, 13, 20, "tt")
    levels.put(level, 12, 30, "t")
    image = draw_level(level)
    rim, body = cell(image, 12, 20), cell(image, 13, 20)
    assert (rim != body).any()
    assert (cell(image, 12, 20) != cell(image, 12, 30)).any()


def test_the_path_is_drawn_over_the_level():
    image = draw_level(levels.flat())
    before = image.copy()
    x = np.linspace(8, 880, 90)
    draw_path(image, x, np.full(90, 223.0))
    changed = (image != before).any(axis=2)
    assert changed[214:220].mean() > 0.4
    assert not changed[:210].any()
    # From bluish to reddish.
    line = image[217].astype(int)
    assert line[20, 2] > line[20, 0]
    assert line[870, 0] > line[870, 2]


def test_pictures_at_the_border_are_cut_off():
    level = levels.empty()
    levels.put(level, 0, 0, "k")
    levels.put(level, 15, 55, "k")
    assert draw_level(level).shape == (256, 896, 3)
