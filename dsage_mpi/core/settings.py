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
