"""Settings of the command domain (the TOML table ``[domain]`` with ``name = "command"``)."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from dsage_mpi.core.cost_facts import CostFacts
from dsage_mpi.core.domain import Measure
from dsage_mpi.core.settings import Settings, problems_error

#: An input declares its own: see ``measures``.
MEASURES: dict[str, Measure] = {}
SOLUTION_KIND = "discrete"
OCCUPANCY = False
SOLUTION_DIM = None
#: Settings that a restart may change: they change no result.
CHANGEABLE = ("deadline_seconds",)

_Side = Annotated[int, Field(ge=1, le=512)]


class MeasureSettings(Settings):
    """One number that the command gives and an archive can be spanned by."""

    low: float = Field(description="Smallest value that can occur.")
    high: float = Field(description="Largest value that can occur; beyond is a failed evaluation.")
    unit: str = Field("", max_length=40, description="What is counted, for axis labels.")

    @model_validator(mode="after")
    def _in_order(self) -> MeasureSettings:
        if not self.low < self.high:
            raise problems_error([("high", f"= {self.high:g}: expected more than {self.low:g}")])
        return self


def _found_later(command: tuple[str, ...]) -> tuple[str, ...]:
    """Makes the path of a program absolute, so that a restart elsewhere finds the same one."""
    first = command[0]
    if "/" in first:
        first = str(Path(os.path.expanduser(first)).absolute())
    return (first, *command[1:])


class CommandSettings(Settings):
    """Levels of tile codes that an executable evaluates, one process per evaluation."""

    name: Literal["command"] = Field(description="Selects this domain.")
    command: Annotated[tuple[str, ...], AfterValidator(_found_later)] = Field(
        min_length=1,
        description="Program and arguments. From its standard input it reads one JSON object: "
        "level (rows of tile codes) and seed. To its standard output it writes one: objective and "
        "one number per measure. Anything else, and any exit code but 0, is a failed evaluation.",
    )
    shape: tuple[_Side, _Side] = Field(description="Rows and columns of a level.")
    values: int = Field(2, ge=2, le=128, description="Tile codes: 0 to values - 1.")
    measures: dict[str, MeasureSettings] = Field(
        min_length=1,
        max_length=100,
        description="Name = { low, high, unit } of every number beside the objective.",
    )
    deadline_seconds: float = Field(
        60.0, gt=0, le=10**6, description="One evaluation may take so long; then it has failed."
    )


SETTINGS = CommandSettings


def measures(settings: Any) -> dict[str, Measure] | None:
    """What an archive of this domain can be spanned by; None while the settings are not known."""
    if not isinstance(settings, CommandSettings):
        return None
    return {
        name: Measure(told.low, told.high, told.unit, f"as {settings.command[0]} gives it")
        for name, told in settings.measures.items()
    }


def solution_dim(settings: Any) -> int | None:
    """Numbers in a solution; None while the settings are not known."""
    return math.prod(settings.shape) if isinstance(settings, CommandSettings) else None


def cost_facts(settings: CommandSettings) -> CostFacts:
    """What one evaluation costs, for estimates before a run: nobody knows."""
    return CostFacts(
        seconds=0.1,
        level_shape=settings.shape,
        tile_count=settings.values,
        solution_bytes=math.prod(settings.shape),
        basis=f"a guess: what {settings.command[0]} takes is not known",
    )
