"""What terminals would obey."""

from __future__ import annotations

import pytest

from dsage_mpi.core.printable import printable, table_cell


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("wall — ü, 迷路\u3000 1\u2009000 👩\u200d🔬\n\tline", None),
        ("\x1b[2J\x1b]0;title\x07", r"\x1b[2J\x1b]0;title\x07"),
        ("a\rb\x08\x7f", r"a\x0db\x08\x7f"),
        ("\x9b31m", r"\u009b31m"),
        ("abc\u202edcba\u2066", r"abc\u202edcba\u2066"),
        ("line\u2028line", r"line\u2028line"),
        ("\udcff", r"\udcff"),
        ("\U000e0041", r"\U000e0041"),
    ],
)
def test_escapes(text: str, expected: str | None) -> None:
    assert printable(text) == (text if expected is None else expected)


def test_cells_are_short_lines() -> None:
    assert table_cell("a\nb", 9) == "a b"
    assert table_cell("x" * 100, 9) == "xxxxxxxx…"
