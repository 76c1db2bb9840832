"""Tables of text, laid out by rich."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from io import StringIO

#: Width of what is no terminal: no line of a log or a pipe is broken.
_UNBROKEN = 100_000
#: Between two columns.
_GAP = 2


def text_table(
    rows: Sequence[Sequence[str]],
    *,
    headings: Sequence[str] = (),
    right: Collection[int] = (),
    widths: Sequence[int | None] = (),
    width: int | None = None,
) -> str:
    """Returns rows in columns, as plain text without escape sequences.

    Args:
        rows: Cells; all rows have as many.
        headings: A first line; none if empty.
        right: Numbers of the columns whose cells are flush right, from 0.
        widths: Characters of each column; None, or if empty, as many as its widest cell has.
        width: Columns of the terminal that shows the table: what is too long for it is folded
            within its own column. None where no terminal does: no line is broken.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    count = len(headings or rows[0])
    table = Table(box=None, show_header=bool(headings), padding=(0, _GAP, 0, 0), pad_edge=False)
    for number, fixed in zip(range(count), widths or [None] * count, strict=True):
        table.add_column(
            Text(headings[number]) if headings else "",
            justify="right" if number in right else "left",
            width=fixed,
            no_wrap=width is None,
            overflow="fold",
        )
    for row in rows:
        table.add_row(*map(Text, row))
    text = StringIO()
    console = Console(file=text, width=width or _UNBROKEN, color_system=None, force_jupyter=False)
    console.print(table)
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines())
