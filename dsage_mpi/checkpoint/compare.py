"""What differs between two checkpoints, item by item, to the last bit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from dsage_mpi.core.domain import Array
from dsage_mpi.core.state import Tree

_MISSING = object()
#: Longest text of a value in a message.
_CHARACTERS = 60


@dataclass(frozen=True)
class Difference:
    """One leaf that differs.

    Attributes:
        path: The leaf, and the first item of it that differs, e.g. "record/result[17].length[3]".
        first: Its value in the first checkpoint, as text.
        second: That in the second one.
        items: Further items of the leaf that differ.
    """

    path: str
    first: str
    second: str
    items: int = 0

    def __str__(self) -> str:
        more = f" (and {self.items} more rows)" if self.items else ""
        return f"{self.path}: {self.first} != {self.second}{more}"


def differences(first: Tree, second: Tree, prefix: str = "") -> Iterator[Difference]:
    """All leaves that differ, in the order of their names; NaNs of equal bits are equal."""
    for name in sorted({*first, *second}):
        yield from _compare(prefix + name, first.get(name, _MISSING), second.get(name, _MISSING))


def _compare(path: str, a: Any, b: Any) -> Iterator[Difference]:
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        yield from differences(dict(a), dict(b), f"{path}/")
    elif isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        yield from _compare_arrays(path, a, b)
    elif isinstance(a, str) and isinstance(b, str):
        yield from _compare_lines(path, a.split("\n"), b.split("\n"), "line ", 1)
    elif isinstance(a, list) and isinstance(b, list):
        yield from _compare_lines(path, a, b, "", 0)
    elif type(a) is not type(b) or _bits(a) != _bits(b):
        yield Difference(path, _show(a), _show(b))


def _compare_lines(
    path: str, a: list[str], b: list[str], word: str, base: int
) -> Iterator[Difference]:
    for k in range(max(len(a), len(b))):
        x = a[k] if k < len(a) else _MISSING
        y = b[k] if k < len(b) else _MISSING
        if x != y:
            yield Difference(f"{path}[{word}{k + base}]", _show(x), _show(y))
            return


def _compare_arrays(path: str, a: Array, b: Array) -> Iterator[Difference]:
    if a.dtype != b.dtype:
        yield Difference(f"{path} (type)", _cut(str(a.dtype)), _cut(str(b.dtype)))
        return
    if a.shape[1:] != b.shape[1:] or a.ndim != b.ndim:
        yield Difference(f"{path} (shape)", str(a.shape), str(b.shape))
        return
    rows = np.flatnonzero(_differing_rows(a, b))
    if len(rows):
        here = () if a.ndim == 0 else (rows[0],)
        yield _first_item(path, a[here], b[here], here, len(rows) - 1)
    elif a.shape != b.shape:
        yield Difference(f"{path} (rows)", str(len(a)), str(len(b)))


def _differing_rows(a: Array, b: Array) -> Array:
    """Which of the rows that both have differ ((n,) bool)."""
    count = 1 if a.ndim == 0 else min(len(a), len(b))
    x, y = (np.ascontiguousarray(t.reshape(1) if t.ndim == 0 else t[:count]) for t in (a, b))
    if x.size == 0:
        return np.zeros(count, bool)
    raw_x, raw_y = (t.reshape(count, -1).view(np.uint8) for t in (x, y))
    return np.asarray((raw_x != raw_y).any(axis=1))


def _first_item(path: str, a: Any, b: Any, index: tuple[Any, ...], more: int) -> Difference:
    """Goes down into a row that differs, to the first single value of it that does."""
    place = f"[{', '.join(str(int(k)) for k in index)}]" if index else ""
    a, b = np.asarray(a), np.asarray(b)
    if a.ndim:
        flat = np.flatnonzero(_differing_rows(a.reshape(-1), b.reshape(-1)))
        inner = np.unravel_index(flat[0], a.shape)
        return _first_item(path, a[inner], b[inner], (*index, *inner), more)
    if a.dtype.names is not None:
        for name in a.dtype.names:
            if _differing_rows(np.asarray(a[name]), np.asarray(b[name])).any():
                return _first_item(f"{path}{place}.{name}", a[name], b[name], (), more)
    return Difference(path + place, _show(a[()]), _show(b[()]), more)


def _bits(value: Any) -> Any:
    return np.asarray(value).tobytes() if isinstance(value, float) else value


def _show(value: Any) -> str:
    if value is _MISSING:
        return "nothing"
    if isinstance(value, Mapping):
        return f"a group of {len(value)}"
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    return _cut(repr(value.item() if isinstance(value, np.generic) else value))


def _cut(text: str) -> str:
    return text if len(text) <= _CHARACTERS else f"{text[: _CHARACTERS - 3]}..."
