"""Reading TOML: ``extends``, ``--set`` and where every key came from.

A document is raw data; nothing here knows which keys exist.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dsage_mpi.config.errors import ConfigError, Problem
from dsage_mpi.config.toml import (
    DEEPEST,
    TomlError,
    TomlSyntaxError,
    is_text,
    parse_toml,
    shortened,
)
from dsage_mpi.core.paths import kind_of
from dsage_mpi.core.wording import option

#: Where a key given on the command line "came from".
COMMAND_LINE = "--set"

_EXPECTED = "expected a TOML file"

KeyPath = tuple[str, ...]
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


class Override(str):
    """An override that an option of its own gives (``--seed 7``), for messages.

    Attributes:
        option: Its name, e.g. ``"--seed"``.
    """

    option: str

    def __new__(cls, text: str, option: str) -> Override:
        """``key.path=value``, and where it is from."""
        made = super().__new__(cls, text)
        made.option = option
        return made


@dataclass
class Document:
    """Merged TOML tables and the origin of each value.

    Attributes:
        name: What the user called it (the path of the input file, usually).
        tables: The data, with ``extends`` resolved and removed.
        origins: Key path of every leaf -> file, ``"--set"`` or another option.
        problems: Overrides that cannot be understood, to be reported with everything else.
    """

    name: str
    tables: dict[str, Any] = field(default_factory=dict)
    origins: dict[KeyPath, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def merge(self, tables: Mapping[str, Any], origin: str, prefix: KeyPath = ()) -> None:
        """Lays ``tables`` over the data: tables merge key by key, anything else is replaced."""
        target = self._table(prefix)
        for key, value in tables.items():
            path = (*prefix, key)
            if isinstance(value, Mapping):
                if not isinstance(target.get(key), dict):
                    self.origins.pop(path, None)
                    target[key] = {}
                self.origins.setdefault(path, origin)
                self.merge(value, origin, path)
            else:
                self._forget(path, target.get(key))
                target[key] = value
                self.origins[path] = origin

    def remove(self, path: KeyPath) -> None:
        """Forgets what is at ``path``, if anything is."""
        table: Any = self.tables
        for key in path[:-1]:
            table = table.get(key) if isinstance(table, dict) else None
        if isinstance(table, dict) and path[-1] in table:
            self._forget(path, table.pop(path[-1]))

    def origin(self, path: Sequence[str]) -> str:
        """Where the key at ``path``, or else the innermost table around it, was given."""
        for length in range(len(path), 0, -1):
            if (found := self.origins.get(tuple(path[:length]))) is not None:
                return found
        return self.name

    def _table(self, path: KeyPath) -> dict[str, Any]:
        table = self.tables
        for key in path:
            table = table[key]
        return table

    def _forget(self, path: KeyPath, value: Any) -> None:
        """Forgets where ``value`` at ``path`` and all below it came from."""
        self.origins.pop(path, None)
        if isinstance(value, dict):
            for key, inner in value.items():
                self._forget((*path, key), inner)


def read_document(path: Path, overrides: Sequence[str] = ()) -> Document:
    """Reads a TOML file, everything that it extends, and lays ``overrides`` on top.

    Args:
        path: The input file.
        overrides: ``"key.path=value"`` strings, later ones win.

    Raises:
        ConfigError: A file is missing, unreadable or no TOML, or ``extends`` goes in circles.
    """
    document = Document(name=str(path))
    for file, tables in _chain(path):
        document.merge(tables, str(file))
    apply_overrides(document, overrides)
    return document


def parse_document(text: str, name: str) -> Document:
    """A document from TOML text that extends nothing (the configuration in a checkpoint)."""
    document = Document(name=name)
    document.merge(_parse(text, name), name)
    return document


def apply_overrides(document: Document, overrides: Sequence[str]) -> None:
    """Lays ``"key.path=value"`` strings over ``document``; see ``Document.problems``."""
    for text in overrides:
        parsed = _parse_override(text)
        if isinstance(parsed, Problem):
            document.problems.append(parsed)
            continue
        keys, value = parsed
        if value == {}:  # nothing is to be in that table
            document.remove(tuple(keys))
        for key in reversed(keys):
            value = {key: value}
        document.merge(value, getattr(text, "option", COMMAND_LINE))


def _chain(path: Path) -> list[tuple[Path, dict[str, Any]]]:
    """The file and all that it extends, outermost ancestor first."""
    chain: list[tuple[Path, dict[str, Any]]] = []
    seen: list[str] = []
    child: Path | None = None
    while True:
        resolved = _resolved(path, child)
        if resolved in seen:
            loop = " -> ".join(str(p) for p, _ in chain) + f" -> {path}"
            raise ConfigError([Problem("extends", f"goes in circles: {loop}")], str(chain[0][0]))
        seen.append(resolved)
        tables = _read_toml(path, child)
        parent = tables.pop("extends", None)
        chain.append((path, tables))
        if parent is None:
            return chain[::-1]
        if not isinstance(parent, str) or "\0" in parent:
            problem = Problem("extends", f'= {parent!r}: expected one path, e.g. "base/maze.toml"')
            raise ConfigError([problem], str(path))
        child, path = path, path.parent / parent


def _resolved(path: Path, child: Path | None) -> str:
    try:
        return os.path.realpath(path)  # Path.resolve raises, in circles of links
    except ValueError:
        message = f"{str(path)!a} is no path, it has a NUL character: {_EXPECTED}"
        raise ConfigError(
            [Problem("extends" if child else "", message)], str(child or path)
        ) from None


def _read_toml(path: Path, child: Path | None) -> dict[str, Any]:
    key = "extends" if child else ""
    source = str(child or path)
    try:
        if kind_of(path) == "other":  # a pipe may never end
            raise ConfigError([Problem(key, f"{path} is no regular file: {_EXPECTED}")], source)
        text = path.read_text(encoding="utf-8-sig")  # some editors put a mark at the beginning
    except FileNotFoundError:
        message = f"{path} does not exist" + ("" if path.is_absolute() else f" in {Path.cwd()}")
        raise ConfigError([Problem(key, message)], source) from None
    except IsADirectoryError:
        message = f"{path} is a folder: {_EXPECTED}"
        raise ConfigError([Problem(key, message)], source) from None
    except UnicodeDecodeError:
        message = f"{path} is no text (UTF-8): {_EXPECTED}"
        raise ConfigError([Problem(key, message)], source) from None
    except OSError as error:
        message = f"{shortened(str(path))} cannot be read: {error.strerror}"
        raise ConfigError([Problem(key, message)], source) from None
    return _parse(text, str(path))


def _parse(text: str, name: str) -> dict[str, Any]:
    try:
        return parse_toml(text)
    except TomlError as error:
        raise ConfigError([Problem(error.key, error.message)], name) from None


def _parse_override(text: str) -> tuple[list[str], Any] | Problem:
    given = option("set")
    key, equals, raw = text.partition("=")
    keys = [part.strip() for part in key.split(".")]
    if not equals or not all(_BARE_KEY.fullmatch(part) for part in keys):
        message = f"{shortened(text)}: expected key.path=value, e.g. surrogate.epochs=50"
        return Problem(given, message, given)
    if len(keys) > DEEPEST:
        message = f"{shortened(key)}: has {len(keys)} parts; expected at most {DEEPEST}"
        return Problem(given, message, given)
    name, raw = ".".join(keys), raw.strip()
    if not is_text(raw):
        return Problem(name, f"= {shortened(ascii(raw))}: is no text (UTF-8)", given)
    try:
        data = parse_toml(f"value = {raw}")
        if set(data) == {"value"}:
            return keys, data["value"]
    except TomlSyntaxError:
        if raw and raw[0] not in "[{\"'" and "\n" not in raw:
            return keys, raw  # a bare string, so that nobody has to quote twice in a shell
    except TomlError as error:
        return Problem(name, f"= {shortened(raw)}: {error.message}", given)
    message = (
        f"= {shortened(raw)}: not a TOML value; expected a number, true, false, text or [a, b]"
    )
    return Problem(name, message, given)
