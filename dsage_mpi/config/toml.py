"""TOML text to plain data, or one sentence: what nobody means is refused before anything walks it.

Values that nest a thousand deep and numbers of thousands of digits are valid TOML; everything
behind this module may take data for granted that it can recurse into, print and write to a file.
"""

from __future__ import annotations

import re
import tomllib
from typing import Any

#: Tables and arrays in each other; the deepest key that there is has five.
DEEPEST = 16
#: Bits of an integer; TOML asks for 64, and a few more are still shown with the key's own bounds.
_WIDEST = 1024
#: Digits of which Python makes no number (4300) and nobody means one.
_DIGITS = re.compile(r"\d[\d_]{3999,}")
#: Characters of a line or key that are quoted.
_SHOWN = 100
_LINE_END = "\n"
_TOO_DEEP = f"too deep: expected at most {DEEPEST} levels"
_SHORT = "expected at most 19 digits"


class TomlError(ValueError):
    """Text that gives no data that can be worked with.

    Attributes:
        key: Path of the value that is to blame; empty where that cannot be told.
        message: What is wrong with it.
    """

    def __init__(self, message: str, key: str = "") -> None:
        super().__init__(message)
        self.key, self.message = key, message


class TomlSyntaxError(TomlError):
    """Text that is no TOML."""


def parse_toml(text: str) -> dict[str, Any]:
    """The tables of ``text``.

    Raises:
        TomlSyntaxError: It is no TOML.
        TomlError: It is, but holds what cannot be worked with.
    """
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        quoted = _quoted_line(text, str(error))
        raise TomlSyntaxError(f"not valid TOML: {error}{quoted}") from None
    except RecursionError:
        raise TomlError(f"has tables or arrays in each other {_TOO_DEEP}") from None
    except ValueError:  # an integer that is too long is all that Python refuses besides
        found = _DIGITS.search(text)
        line = f" in line {text.count(_LINE_END, 0, found.start()) + 1}" if found else ""
        raise TomlError(f"has an integer{line} that is too long: {_SHORT}") from None
    _check(tables)
    return tables


def shortened(text: str) -> str:
    """``text``, its middle left out where it is too long to be read."""
    half = _SHOWN // 2
    return text if len(text) <= _SHOWN else f"{text[:half]}...{text[-half:]}"


def is_text(text: str) -> bool:
    """Whether it can be written: bytes of a shell that are no UTF-8 come as lone surrogates."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _check(tables: dict[str, Any]) -> None:
    """Misses data that can be worked with; without recursion, so at any depth."""
    left: list[tuple[tuple[str, ...], Any]] = [((), tables)]
    while left:
        path, value = left.pop()
        if len(path) > DEEPEST:
            raise TomlError(f"is nested {_TOO_DEEP}", _name(path))
        if isinstance(value, dict):
            left += [((*path, key), inner) for key, inner in value.items()]
        elif isinstance(value, list):
            left += [((*path, "[]"), inner) for inner in value]
        elif isinstance(value, int) and value.bit_length() > _WIDEST:
            raise TomlError(f"is an integer that is too long: {_SHORT}", _name(path))


def _name(path: tuple[str, ...]) -> str:
    return shortened(".".join(path).replace(".[]", "[]"))


def _quoted_line(text: str, error: str) -> str:
    """The offending line, indented below the message, if the message names one."""
    found = re.search(r"at line (\d+)", error)
    lines = text.splitlines()
    if not found or int(found[1]) > len(lines):
        return ""
    return f"\n    {found[1]} | {shortened(lines[int(found[1]) - 1].strip())}"
