"""Text that a terminal shows and does not obey.

Titles, names of files, status files and messages of simulators are other people's; among them may
be sequences that clear the screen, rename the window or reverse the order of what follows.
"""

from __future__ import annotations

import unicodedata

#: Line breaks and tabs; what joins or parts letters in some scripts and emojis.
_HARMLESS = "\n\t\u200c\u200d"


def printable(text: str) -> str:
    r"""``text`` with escapes (``\x1b``) in place of what is not printable."""
    if text.isprintable():
        return text
    return "".join(c if _is_shown(c) else _escape(ord(c)) for c in text)


def table_cell(text: str, most: int) -> str:
    """``text`` for a table: printable, on one line, and not longer than ``most`` characters."""
    line = printable(text.replace("\n", " ").replace("\t", " "))
    return line if len(line) <= most else f"{line[: most - 1]}…"


def _is_shown(character: str) -> bool:
    return (
        character.isprintable()
        or character in _HARMLESS
        or unicodedata.category(character) == "Zs"  # wide and narrow spaces
    )


def _escape(code: int) -> str:
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
