"""Writing TOML."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsage_mpi.config.toml_writer import toml_value

SCALARS = st.one_of(
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False),
    st.text(st.characters(exclude_categories=("Cs",))),
)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4), max_leaves=8)
TABLES = st.dictionaries(st.text(st.characters(exclude_categories=("Cs",))), VALUES, max_size=4)


@given(VALUES)
def test_values_read_back(value: object) -> None:
    assert tomllib.loads(f"x = {toml_value(value)}")["x"] == value


@given(TABLES)
def test_inline_tables_read_back(value: dict[str, object]) -> None:
    assert tomllib.loads(f"x = {toml_value(value)}")["x"] == value


def test_paths_become_text() -> None:
    assert toml_value(Path("a/b")) == '"a/b"'


def test_what_toml_cannot_say_is_refused() -> None:
    with pytest.raises(TypeError, match="no TOML notation"):
        toml_value(object())
