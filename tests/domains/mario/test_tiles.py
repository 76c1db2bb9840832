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
        (5, "-" * 55, "row 6 has 55 columns, row 1 has 56; all rows must be equally long"),
        (7, "-" * 9 + "&" + "-" * 46, "row 8, column 10 holds '&'"),
    ],
)
def test_bad_rows_are_named(row, text, message):
    rows = to_text(levels.flat()).split("\n")
    rows[row] = text
    with pytest.raises(ValueError, match=message):
        from_text("\n".join(rows))


@pytest.mark.parametrize("count", [1, 13, 17])
def test_a_wrong_number_of_rows_is_refused(count):
    with pytest.raises(ValueError, match=f"{count} rows; expected 14 to 16"):
        from_text("\n".join(["-" * 56] * count))


def test_empty_text_and_empty_rows_are_refused():
    with pytest.raises(ValueError, match="is empty; expected 14 to 16 rows"):
        from_text("\n\n")
    with pytest.raises(ValueError, match="0 columns in row 1; expected 1 to 4000"):
        from_text("\n" * 15 + "X")


@pytest.mark.parametrize("width", [1, 56, 149, 373])
@pytest.mark.parametrize("rows", [14, 15, 16])
def test_levels_as_people_have_them(rows, width):
    """Those of the Video Game Level Corpus have 14 rows and 149 to 373 columns."""
    read = from_text("\n".join(["o" * width] + ["-" * width] * (rows - 2) + ["X" * width]))
    assert read.shape == (16, width)
    assert (read[: 16 - rows] == TILES.index("-")).all()
    assert (read[16 - rows] == TILES.index("o")).all()
    assert (read[15] == TILES.index("X")).all()


def test_a_byte_order_mark_is_no_tile():
    np.testing.assert_array_equal(from_text("\ufeff" + to_text(levels.flat())), levels.flat())


@pytest.mark.parametrize("tile", [-1, 17])
def test_an_index_that_is_no_tile_is_refused(tile):
    level = levels.flat()
    level[2, 30] = tile
    with pytest.raises(
        ValueError, match=f"row 3, column 31 holds {tile}; tile indices are 0 to 16"
    ):
        to_text(level)
