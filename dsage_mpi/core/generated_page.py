"""A part of a page of the documentation that a program writes, between two marker lines."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path


class GeneratedPart:
    """What stands between two marker lines of a Markdown file.

    Args:
        begin: The first marker line.
        end: The last one.
        write: Gives the text between them.
    """

    def __init__(self, begin: str, end: str, write: Callable[[], str]) -> None:
        self._begin, self._end, self._write = begin, end, write

    def replace_in(self, text: str) -> str:
        """Returns ``text`` with a fresh part between its marker lines.

        Raises:
            ValueError: A marker line is missing.
        """
        before, begin, rest = text.partition(self._begin)
        _, end, after = rest.partition(self._end)
        if not begin or not end:
            raise ValueError(
                f"the lines {self._begin!r} and {self._end!r} must both be there, in this order"
            )
        return f"{before}{self._begin}\n\n{self._write()}\n{self._end}{after}"

    def main(self, arguments: list[str]) -> int:
        """Prints the part, or updates the file that the arguments name."""
        if not arguments:
            print(self._write())
            return 0
        path = Path(arguments[0])
        path.write_text(self.replace_in(path.read_text(encoding="utf-8")), encoding="utf-8")
        return 0
