from __future__ import annotations

import pytest

from dsage_mpi.core.text_table import text_table

ROWS = [("a", "1"), ("a long name", "100"), ("[bold]x[/] :smile:", "20")]


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    assert text_table(ROWS, headings=("name", "n"), right={1}).splitlines() == [
        "name                  n",
        "a                     1",
        "a long name         100",
        "[bold]x[/] :smile:   20",
    ]


def test_without_headings() -> None:
    assert text_table(ROWS[:2]) == "a            1\na long name  100"


def test_where_no_terminal_is_nothing_is_broken_or_coloured(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    monkeypatch.setenv("FORCE_COLOR", "1")
    text = text_table([("x" * 500, "y z " * 100)], headings=("one", "two"))
    assert len(text.splitlines()) == 2
    assert "\x1b" not in text


def test_a_terminal_gets_long_cells_folded_in_their_column() -> None:
    lines = text_table([("ok", "word " * 20)], widths=(6, None), width=40).splitlines()
    assert len(lines) > 2
    assert lines[0].startswith("ok      word")
    assert all(line.startswith(" " * 8 + "word") for line in lines[1:])
    assert max(map(len, lines)) <= 40
