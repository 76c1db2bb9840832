"""Every kind of error that settings can have, in our words: none of pydantic's prose is left."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from pydantic import Field, ValidationError, field_validator

from dsage_mpi.core.expectations import expectation
from dsage_mpi.core.settings import Settings


class Inner(Settings):
    size: int


class Table(Settings):
    count: int = Field(1, ge=1, lt=10)
    share: float = Field(0.5, gt=0, le=2.5)
    even: int = Field(2, multiple_of=2)
    pair: tuple[int, ...] = Field((1,), min_length=1, max_length=2)
    three: tuple[int, ...] = Field((1, 2, 3), min_length=3)
    kind: Literal["fast", "slow"] = "fast"
    on: bool = True
    name: str = Field("ab", min_length=2, max_length=3, pattern="^a")
    inner: Inner | None = None
    table: dict[str, int] = Field(default_factory=dict)
    odd: int = 1

    @field_validator("odd")
    @classmethod
    def _is_odd(cls, value: int) -> int:
        if value % 2 == 0:
            raise ValueError("is even")
        return value


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("count", "5", "expected an integer"),
        ("count", 1.5, "expected an integer"),
        ("count", 0, "expected a number greater than or equal to 1"),
        ("count", 10, "expected a number less than 10"),
        ("share", "x", "expected a number"),
        ("share", 0.0, "expected a number greater than 0"),
        ("share", 3.0, "expected a number less than or equal to 2.5"),
        ("share", float("nan"), "expected a finite number"),
        ("even", 3, "expected a multiple of 2"),
        ("pair", 3, "expected an array"),
        ("pair", (), "expected at least 1 item, not 0"),
        ("pair", (1, 2, 3), "expected at most 2 items, not 3"),
        ("three", (1,), "expected at least 3 items, not 1"),
        ("kind", "slo", 'expected "fast" or "slow" (did you mean "slow"?)'),
        ("kind", 3, 'expected "fast" or "slow"'),
        ("on", 1, "expected a boolean"),
        ("name", 3, "expected a string"),
        ("name", "a", "expected at least 2 characters"),
        ("name", "abcd", "expected at most 3 characters"),
        ("name", "bb", "expected a string that matches ^a"),
        ("inner", 3, "expected a table [inner]"),
        ("inner", {}, "is missing"),
        ("table", 3, "expected a table"),
        ("odd", 2, "is even"),
        ("odder", 2, "unknown key"),
    ],
)
def test_what_was_expected(key: str, value: Any, message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Table.model_validate({key: value}, strict=True)
    (detail,) = caught.value.errors(include_url=False)
    assert expectation(detail) == message
