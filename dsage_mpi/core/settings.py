"""The base of every table of settings, and the error that carries several problems at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic_core import PydanticCustomError

#: Type of the pydantic error that carries several problems (see ``problems_error``).
PROBLEMS_ERROR = "config_problems"


class Settings(BaseModel):
    """Base of every table: immutable, unknown keys and infinite numbers refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    def __setattr__(self, name: str, value: Any) -> None:
        """Refuses the change of a key.

        Raises:
            AttributeError: Says how to make another configuration.
        """
        if name in type(self).model_fields:
            raise AttributeError(
                f"{name} = {value!r:.80}: a configuration cannot be changed. Make another one: "
                'dsage_mpi.load_config(path, seed=..., overrides={"table.key": value}), or '
                f"model_copy(update={{{name!r}: ...}}) of this table, which checks nothing"
            )
        super().__setattr__(name, value)


def problems_error(problems: Sequence[tuple[str, str]]) -> PydanticCustomError:
    """One pydantic error that carries several problems, for validators that look at many keys.

    Args:
        problems: (key path relative to the model that is being validated, message) pairs.
    """
    context: dict[str, Any] = {
        "text": "; ".join(f"{key}: {message}" for key, message in problems),
        "problems": tuple(problems),
    }
    return PydanticCustomError(PROBLEMS_ERROR, "{text}", context)
