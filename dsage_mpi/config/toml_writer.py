"""Writing a configuration as TOML that reads back to the same configuration."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from pydantic import BaseModel


def to_toml(config: BaseModel) -> str:
    """The effective configuration as TOML; keys that are unset (None) are left out."""
    tables = config.model_dump(mode="python")
    blocks: list[str] = []
    _emit_table(tables, (), blocks)
    return "\n".join(blocks)


def toml_value(value: Any) -> str:
    """One value in TOML notation.

    Raises:
        TypeError: TOML has no such value.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, str | PurePath):
        # A JSON string is a TOML basic string, but for DEL, which TOML wants escaped.
        return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, list | tuple):
        return "[" + ", ".join(toml_value(item) for item in value) + "]"
    if isinstance(value, Mapping):
        pairs = (f"{_key(k)} = {toml_value(v)}" for k, v in value.items() if v is not None)
        return "{" + ", ".join(pairs) + "}"
    raise TypeError(f"no TOML notation for {value!r} of type {type(value).__name__}")


def _float(value: float) -> str:
    if math.isnan(value):
        return "nan"
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    return repr(value)


def _key(key: str) -> str:
    bare = key and all(c.isascii() and (c.isalnum() or c in "_-") for c in key)
    return key if bare else toml_value(key)


def _emit_table(table: Mapping[str, Any], path: tuple[str, ...], blocks: list[str]) -> None:
    plain = {k: v for k, v in table.items() if v is not None and not isinstance(v, Mapping)}
    lines = [f"[{'.'.join(_key(part) for part in path)}]"] if path else []
    lines += [f"{_key(k)} = {toml_value(v)}" for k, v in plain.items()]
    if lines:
        blocks.append("\n".join(lines) + "\n")
    for key, value in table.items():
        if isinstance(value, Mapping):
            _emit_table(value, (*path, key), blocks)
