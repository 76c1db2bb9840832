"""Reads the small JSON files that runs write about themselves, whatever has become of them."""

from __future__ import annotations

import errno
import json
import os
import stat
from collections.abc import Collection
from pathlib import Path
from typing import Any

#: Ours have a hundredth of it.
_MOST_BYTES = 2**16
#: Beyond it a float64 no longer counts.
_LARGEST = 2.0**53


def read_facts(path: Path, numbers: Collection[str]) -> dict[str, Any]:
    """The usable part of a JSON object of texts and numbers; empty if there is no such object.

    Args:
        path: The file.
        numbers: Names of those that are numbers; all others are texts.

    Raises:
        OSError: There is one, but it cannot be read.
    """
    try:
        facts = json.loads(_read_small(path))
    except (FileNotFoundError, NotADirectoryError, ValueError, RecursionError):
        return {}
    if not isinstance(facts, dict):
        return {}
    return {
        name: value
        for name, value in facts.items()
        if (_is_number(value) if name in numbers else isinstance(value, str))
    }


def _read_small(path: Path) -> str:
    # Opening a pipe would wait for its writer.
    file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if not stat.S_ISREG(os.fstat(file).st_mode):
            raise OSError(errno.EINVAL, "not a regular file", str(path))
        return os.read(file, _MOST_BYTES).decode()
    finally:
        os.close(file)


def _is_number(value: Any) -> bool:
    # Comparing, unlike math.isfinite, takes integers of any size; NaN is not less than anything.
    return type(value) in (int, float) and abs(value) <= _LARGEST
