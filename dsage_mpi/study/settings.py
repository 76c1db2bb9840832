"""What a study file says: rows (methods), their settings and seeds, what is compared with what."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import Field, field_validator, model_validator

from dsage_mpi.config.errors import ConfigError, Problem
from dsage_mpi.config.load import load_model
from dsage_mpi.core.settings import Settings, problems_error

#: A row's name is that of a folder.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_NAME_EXPECTED = "expected letters, digits, '_', '-' and '.', the name of a folder"


class PublishedSettings(Settings):
    """What a paper reports of a row."""

    qd_score: float | None = Field(None, description="Mean QD-score.")
    qd_score_error: float | None = Field(None, ge=0, description="Its standard error.")
    coverage: float | None = Field(None, ge=0, le=1, description="Mean coverage, 0 to 1.")


class RowSettings(Settings):
    """One method: an input, and what is set otherwise in it."""

    title: str = Field("", description="What tables and figures call it; its name if empty.")
    input: str = Field(description="Input file, relative to the study file.")
    set: dict[str, Any] = Field(
        default_factory=dict, description="Keys of the input that are set otherwise, as tables."
    )
    published: PublishedSettings = Field(
        default_factory=PublishedSettings, description="What a paper reports."
    )


class HypothesisSettings(Settings):
    """Two rows that are tested against each other."""

    name: str = Field(description="What the tests are listed under, e.g. H1.")
    rows: tuple[str, str] = Field(description="The row that is expected to be better, the other.")


class StudySettings(Settings):
    """A whole study."""

    title: str = Field("", description="Heading of tables and figures.")
    seeds: tuple[int, ...] = Field(description="Seed of every run of a row.", min_length=1)
    reference: str | None = Field(
        None, description="Row whose mean final QD-score is the target that others are to reach."
    )
    target: float | None = Field(None, description="A QD-score as the target instead.")
    factorial: tuple[str, ...] = Field(
        (), description="Rows of the two-way analysis occupancy x downsampling, all four."
    )
    hypotheses: tuple[HypothesisSettings, ...] = Field(
        (), description="Pairs of rows that are tested; every pair if there are none."
    )
    set: dict[str, Any] = Field(
        default_factory=dict, description="Keys that are set otherwise in every row."
    )
    rows: dict[str, RowSettings] = Field(description="The methods, by name.", min_length=1)

    @field_validator("seeds")
    @classmethod
    def _seeds_differ(cls, seeds: tuple[int, ...]) -> tuple[int, ...]:
        if len(set(seeds)) < len(seeds) or min(seeds) < 0:
            raise ValueError("expected different numbers of 0 or more, e.g. [0, 1, 2, 3, 4]")
        return seeds

    @model_validator(mode="after")
    def _rows_exist(self) -> StudySettings:
        if problems := list(self._problems()):
            raise problems_error(problems)
        return self

    def _problems(self) -> Iterator[tuple[str, str]]:
        """(key, message) of every name that is none, or names no row."""
        for name in self.rows:
            if not _NAME.fullmatch(name):
                yield f"rows.{name}", f"{name!r} cannot be a row's name: {_NAME_EXPECTED}"
        named = [("reference", self.reference)] if self.reference is not None else []
        named += [(f"factorial[{k}]", name) for k, name in enumerate(self.factorial)]
        for k, hypothesis in enumerate(self.hypotheses):
            named += [(f"hypotheses[{k}].rows", name) for name in hypothesis.rows]
        for key, name in named:
            if name not in self.rows:
                yield key, f'= "{name}": expected a row, one of {", ".join(self.rows)}'
        if len(self.factorial) not in (0, 4):
            yield "factorial", f"has {len(self.factorial)} rows; expected four, or none"


def read_settings(path: Path) -> StudySettings:
    """Reads a study file.

    Raises:
        ConfigError: Listing every problem with its key and what was expected.
    """
    return load_model(StudySettings, path)


def prefixed(error: ConfigError, prefix: str) -> list[Problem]:
    """The problems of one row's configuration, for the list of all problems of its study."""
    return [
        Problem(": ".join(filter(None, (prefix, found.key))), found.message, found.source)
        for found in error.problems
    ]
