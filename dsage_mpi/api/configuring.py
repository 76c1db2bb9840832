"""Configurations from files, with overrides that are Python values."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from dsage_mpi.config import schema
from dsage_mpi.config.document import Document, Override
from dsage_mpi.config.errors import ConfigError, Problem
from dsage_mpi.config.load import load_config as load
from dsage_mpi.config.toml_writer import toml_value
from dsage_mpi.config.validate import validate
from dsage_mpi.core.wording import python_wording

#: Changes to a configuration: ``{"surrogate.epochs": 20}``, ``{"surrogate": {"epochs": 20}}``, or
#: texts as ``--set`` takes them, ``["surrogate.epochs=20"]``.
Overrides = Mapping[str, Any] | Sequence[str]

#: Where a key that ``overrides`` gives "came from", for messages.
_ORIGIN = "overrides"


def load_config(
    path: str | os.PathLike[str], *, seed: int | None = None, overrides: Overrides | None = None
) -> schema.Config:
    """Reads and checks the configuration of a run.

    Args:
        path: A TOML file; ``extends = "other.toml"`` in it is relative to the file.
        seed: Replaces the configured seed.
        overrides: Replaces other keys, like ``--set``: ``{"surrogate.epochs": 20}``,
            ``{"surrogate": {"epochs": 20}}`` or ``["surrogate.epochs=20"]``. Later ones win.

    Returns:
        The configuration: immutable, every key has its value (``config.surrogate.epochs``).

    Raises:
        ConfigError: Lists every problem with its key, value and what was expected;
            ``error.problems`` has them one by one.

    Example:
        >>> import dsage_mpi as dm
        >>> config = dm.load_config("inputs/maze_tiny.toml", overrides={"surrogate.epochs": 5})
        >>> config.surrogate.epochs
        5
    """
    texts, problems = _texts(overrides)
    if seed is not None:
        texts.append(Override(f"seed={seed}", "seed"))
    try:
        with python_wording():
            config = load(Path(path), overrides=texts)
    except ConfigError as error:
        raise ConfigError([*problems, *error.problems], error.source) from None
    if problems:
        raise ConfigError(problems, str(path))
    return config


def override_texts(overrides: Overrides | None) -> list[str]:
    """Returns overrides as ``"key.path=value"``, the value in TOML notation.

    Raises:
        ConfigError: Lists every value that has none.
    """
    texts, problems = _texts(overrides)
    if problems:
        raise ConfigError(problems, _ORIGIN)
    return texts


class _CheckedCall(type(schema.Config)):  # type: ignore[misc]  # pydantic's metaclass
    """Makes ``Config(...)`` raise a ``ConfigError`` with all problems."""

    def __call__(cls, **tables: Any) -> schema.Config:
        document = Document("Config(...)")
        document.merge({key: _plain(value) for key, value in tables.items()}, document.name)
        return validate(schema.Config, document)

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, schema.Config)


class Config(schema.Config, metaclass=_CheckedCall):
    """The configuration of a run: tables of settings, immutable, every key with its value.

    Takes the tables of an input file (docs/configuration.md) as mappings; keys that are left out
    have their defaults. ``load_config`` makes one from a file.

    Raises:
        ConfigError: Lists every problem with its key, value and what was expected.

    Example:
        >>> config = dm.Config(
        ...     seed=3,
        ...     algorithm={"method": "map_elites", "max_evaluations": 500},
        ...     domain={"name": "maze"},
        ...     archive={
        ...         "dims": (32, 27),
        ...         "measures": ("num_blocks", "agent_path_length"),
        ...         "ranges": ((0, 256), (0, 648)),
        ...     },
        ... )
        >>> config.algorithm.max_evaluations
        500
    """


def _plain(value: Any) -> Any:
    """A table of settings as the mapping that it is made from."""
    return value.model_dump(exclude_unset=True) if isinstance(value, BaseModel) else value


def _texts(overrides: Overrides | None) -> tuple[list[str], list[Problem]]:
    """Overrides as texts, and what is wrong with those that have none."""
    if overrides is None:
        return [], []
    if not isinstance(overrides, Mapping):
        given = [overrides] if isinstance(overrides, str) else overrides
        return [Override(text, _ORIGIN) for text in given], []
    texts: list[str] = []
    problems: list[Problem] = []
    for key, value in _leaves(overrides):
        try:
            # NumPy's scalars and arrays have their Python values; all else is as it is.
            notation = toml_value(value.tolist() if hasattr(value, "tolist") else value)
        except TypeError:
            message = f"= {value!r}: expected a number, a bool, a text, or a list of these"
            problems.append(Problem(key, message, _ORIGIN))
        else:
            texts.append(Override(f"{key}={notation}", _ORIGIN))
    return texts, problems


def _leaves(table: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{path}{key}.")
        else:
            yield f"{path}{key}", value


def check_config(config: object, function: str) -> None:
    """Refuses what is no configuration, such as the path of one.

    Raises:
        TypeError: Says how to make one.
    """
    if not isinstance(config, schema.Config):
        raise TypeError(
            f"{function} got {config!r:.80}: expected a Config, as "
            'dsage_mpi.load_config("input.toml") gives it'
        )
