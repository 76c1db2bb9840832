"""What may change when a run is continued, and the refusal of everything else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import BaseModel

from dsage_mpi.config.errors import ConfigError, Problem
from dsage_mpi.config.load import NEUTRAL_KEYS, config_from_toml
from dsage_mpi.config.schema import Config
from dsage_mpi.config.toml_writer import toml_value
from dsage_mpi.core.wording import option
from dsage_mpi.domains import domain_settings

#: Single keys that may change besides the tables that influence no result (``NEUTRAL_KEYS``).
#: With them changed the continued run is as good, but not the same to the last bit.
CHANGEABLE = ("surrogate.device", "surrogate.threads")
#: The budget may grow. (A run that had ended cut its last batch to the old budget, so that it
#: then is not quite the run that the larger budget would have given from the start.)
GROWING = "algorithm.max_evaluations"


def restart_config(stored: str, name: str, overrides: Sequence[str] = ()) -> Config:
    """The configuration of a run that is continued.

    Args:
        stored: TOML text of the run's effective configuration, from its checkpoint.
        name: The checkpoint, for messages.
        overrides: ``"key.path=value"`` strings.

    Raises:
        ConfigError: An override is invalid, or changes what makes the run what it is.
    """
    before = config_from_toml(stored, name)
    after = config_from_toml(stored, name, overrides)
    changeable = changeable_keys(before)
    changes = [c for c in differences(before, after) if c[0] not in changeable]
    problems = [problem for change in changes if (problem := _refusal(*change))]
    if problems:
        raise ConfigError(problems, name)
    return after


def changes(stored: str, name: str, config: Config) -> tuple[str, ...]:
    """What ``config`` changes of a stored configuration, one text per key, for log and record."""
    return tuple(
        f"{key}: {_shown(old)} -> {_shown(new)}"
        for key, old, new in differences(config_from_toml(stored, name), config)
    )


def ignored(file: str, name: str, config: Config, checkpoint: str) -> tuple[str, ...]:
    """What the run directory's own file says otherwise than the checkpoint that a run goes on from.

    Args:
        file: TOML text of the run directory's ``config.toml``.
        name: That file, for messages.
        config: The checkpoint's configuration, which holds.
        checkpoint: The checkpoint, for messages.

    Returns:
        One text per key, for a warning.

    Raises:
        ConfigError: They are two different runs: the file was edited in the belief that a restart
            reads it, or the checkpoint comes from elsewhere.
    """
    try:
        found = config_from_toml(file, name)
    except ConfigError:
        return ()  # nothing depends on it, and it is about to be written anew
    differing = differences(config, found)
    changeable = {*changeable_keys(config), GROWING}
    foreign = [
        Problem(key, f"= {_shown(new)}: {checkpoint} has {_shown(old)}; {_foreign()}")
        for key, old, new in differing
        if key not in changeable and key.split(".")[0] not in NEUTRAL_KEYS
    ]
    if foreign:
        raise ConfigError(foreign, name)
    return tuple(f"{key} = {_shown(new)}, not {_shown(old)}" for key, old, new in differing)


def _foreign() -> str:
    return (
        "what determines a result cannot change. If the file was edited, undo that; if the "
        "checkpoint is another run's, move it away, or continue it elsewhere with "
        f"{option('restart', 'FILE')}, {option('run-dir', 'NEW')}"
    )


def changeable_keys(config: Config) -> set[str]:
    """Keys that may change when a run is continued, besides the tables ``NEUTRAL_KEYS``."""
    of_domain = getattr(domain_settings(config.domain_name), "CHANGEABLE", ())
    return {*CHANGEABLE, *(f"domain.{key}" for key in of_domain)}


def differences(before: BaseModel, after: BaseModel) -> list[tuple[str, Any, Any]]:
    """(key path, old value, new value) of every key in which two configurations differ."""
    old, new = dict(leaves(before.model_dump())), dict(leaves(after.model_dump()))
    keys = list(dict.fromkeys([*old, *new]))
    return [(k, old.get(k), new.get(k)) for k in keys if old.get(k) != new.get(k)]


def leaves(table: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """(key path, value) of every key of nested tables."""
    for key, value in table.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _refusal(key: str, old: Any, new: Any) -> Problem | None:
    if key.split(".")[0] in NEUTRAL_KEYS:
        return None
    shown = [_shown(value) for value in (new, old)]
    if key == GROWING:
        if new > old:
            return None
        message = f"= {shown[0]}: the run has {shown[1]}; a continued run's budget can only grow"
    else:
        message = (
            f"= {shown[0]}: the run has {shown[1]}, and what determines its result cannot change; "
            "start a new run instead"
        )
    return Problem(key, message, option("set"))


def _shown(value: Any) -> str:
    return "unset" if value is None else toml_value(value)
