from __future__ import annotations

import numpy as np
import pytest

from dsage_mpi.domains.mario.tiles import ENEMIES, TILES, from_text, to_text
from tests.domains.mario import levels


def test_every_tile_survives_a_round_trip():
    level = np.resize(np.arange(len(TILES), dtype=np.int8), (16, 56))
    text = to_text(level)
    assert len(text) == 16 * 56 + 15
    assert text.startswith("-*ygkrtS!@FX%M|o#-*")
    np.testing.assert_array_equal(from_text(text), level)


def test_finer_kinds_become_the_one_of_the_alphabet():
    level = levels.flat()
    rows = to_text(level).split("\n")
    rows[3] = "bBYGEKRT<>[]CULD12Q?".ljust(56, "-")
    read = from_text("\r\n".join(rows) + "\r\n\n")
    assert to_text(read).split("\n")[3].rstrip("-") == "**yggkrtttttSSSS--!@"
    np.testing.assert_array_equal(read[4:], level[4:])


def test_enemies():
    assert [TILES[tile] for tile in ENEMIES] == list("ygkr")


@pytest.mark.parametrize(
    ("row", "text", "message"),
    [
        (5, "-" * 55, "row 5 has 55 tiles; a level is 56 wide"),
        (7, "-" * 9 + "&" + "-" * 46, "row 7, column 9 holds '&'"),
    ],
)
def test_bad_rows_are_named(row, text, message):
    rows = to_text(levels.flat()).split("\n")
    rows[row] = text
    with pytest.raises(ValueError, match=message):
        from_text("\n".join(rows))


def test_a_wrong_number_of_rows_is_refused():
    with pytest.raises(ValueError, match="15 rows; a level has 16"):
        from_text("\n".join(to_text(levels.flat()).split("\n")[:15]))
    with pytest.raises(ValueError, match="it is empty; a level has 16 rows"):
        from_text("\n\n")


def test_a_byte_order_mark_is_no_tile():
    np.testing.assert_array_equal(from_text("\ufeff" + to_text(levels.flat())), levels.flat())


@pytest.mark.parametrize("tile", [-1, 17])
def test_an_index_that_is_no_tile_is_refused(tile):
    level = levels.flat()
    level[2, 30] = tile
    with pytest.raises(
        ValueError, match=f"row 2, column 30 holds {tile}; tile indices are 0 to 16"
    ):
        to_text(level)
