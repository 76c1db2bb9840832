"""Options as their user writes them: on the command line, or in Python."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_in_python = ContextVar("in_python", default=False)


@contextmanager
def python_wording() -> Iterator[None]:
    """Has messages that are made in the block speak of keyword arguments."""
    token = _in_python.set(True)
    try:
        yield
    finally:
        _in_python.reset(token)


def option(name: str, value: object = None) -> str:
    """An option for a message: ``--run-dir NEW``, or ``run_dir="NEW"`` in Python.

    Args:
        name: As on the command line, without dashes.
        value: What it is to be; None to speak of the option itself.
    """
    if not _in_python.get():
        return f"--{name}" if value is None else f"--{name} {value}"
    word = {"set": "overrides"}.get(name, name.replace("-", "_"))
    return word if value is None else f"{word}={json.dumps(str(value), ensure_ascii=False)}"
