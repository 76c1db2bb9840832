"""Loading a configuration: a TOML file, what it extends, the command line; all errors at once."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel

from dsage_mpi.config.document import (
    Override,
    apply_overrides,
    parse_document,
    read_document,
)
from dsage_mpi.config.errors import ConfigError
from dsage_mpi.config.schema import Config
from dsage_mpi.config.toml_writer import to_toml
from dsage_mpi.config.validate import validate

__all__ = ["ConfigError", "config_from_toml", "config_hash", "load_config", "load_model", "to_toml"]

Model = TypeVar("Model", bound=BaseModel)

#: What does not change the result of a run: how it is executed, saved and shown.
NEUTRAL_KEYS = ("title", "farm", "checkpoint", "run", "report")

#: Keys that stored configurations of earlier versions lack, and what those versions did.
LATER_KEYS: dict[str, Any] = {
    "inner_loop.start": "empty",
    "selection.candidates": "all",
    "selection.at_least": 1,
    "surrogate.known_objective": False,
}


def load_config(path: Path, *, overrides: Sequence[str] = (), seed: int | None = None) -> Config:
    """Reads and checks the configuration of a run.

    Args:
        path: A TOML file; ``extends = "other.toml"`` in it is relative to the file.
        overrides: ``"key.path=value"``, value in TOML notation (bare text is fine); later ones win.
        seed: Replaces the configured seed.

    Raises:
        ConfigError: Listing every problem with its key path, value and what was expected.
    """
    if seed is not None:
        overrides = [*overrides, Override(f"seed={seed}", "--seed")]
    return load_model(Config, path, overrides)


def load_model(model: type[Model], path: Path, overrides: Sequence[str] = ()) -> Model:
    """``load_config`` for any pydantic model with the same rules (the agent trainer's, say).

    Raises:
        ConfigError: As ``load_config``.
    """
    return validate(model, read_document(path, overrides))


def config_from_toml(text: str, name: str, overrides: Sequence[str] = ()) -> Config:
    """The configuration that ``to_toml`` wrote, for example into a checkpoint.

    It has every key that there was at the time. Those that came later get the value that leaves
    the run as it was, not what is the default by now.

    Args:
        text: The TOML text.
        name: Where the text is from, for messages.
        overrides: As in ``load_config``.

    Raises:
        ConfigError: As ``load_config``.
    """
    document = parse_document(text, name)
    _add_later_keys(document.tables)
    apply_overrides(document, overrides)
    return validate(Config, document)


def _add_later_keys(tables: dict[str, Any]) -> None:
    for path, value in LATER_KEYS.items():
        table, key = path.split(".")
        if isinstance(found := tables.get(table), dict):
            found.setdefault(key, value)
    inner_loop, selection = tables.get("inner_loop"), tables.get("selection")
    if isinstance(inner_loop, dict) and isinstance(selection, dict):
        selection.setdefault("resimulate", inner_loop.get("start") == "empty")


def config_hash(config: Config) -> str:
    """SHA-256 (hex) of everything that determines the result of a run, seed included.

    Two runs with the same hash and the same program end with the same archive, whatever the
    number of ranks; ``NEUTRAL_KEYS`` are left out.
    """
    neutral = {
        name: Config.model_fields[name].get_default(call_default_factory=True, validated_data={})
        for name in NEUTRAL_KEYS
    }
    return hashlib.sha256(to_toml(config.model_copy(update=neutral)).encode()).hexdigest()
