"""docs/api.md lists all that is public, and nothing else."""

from __future__ import annotations

import inspect

import pytest

import dsage_mpi as dm
from dsage_mpi.api.reference import SECTIONS, reference, replace_in
from tests.support import REPOSITORY

PAGE = REPOSITORY / "docs" / "api.md"


def test_the_page_is_up_to_date() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert replace_in(text) == text, f"run: python -m dsage_mpi.api.reference {PAGE}"


def test_every_public_name_is_there() -> None:
    listed = [name for names in SECTIONS.values() for name in names]
    assert sorted([*listed, "__version__"]) == sorted(dm.__all__)
    text = reference()
    assert all(f"### `{name}`" in text for name in listed)
    assert "    overrides: Overrides | None = None,\n" in text


def test_everything_public_is_described() -> None:
    members = [value for name, value in vars(dm.Run).items() if not name.startswith("_")]
    public = [getattr(dm, name) for name in dm.__all__ if name != "__version__"]
    assert all(inspect.getdoc(value) for value in [*members, *public])


def test_a_page_without_markers_is_refused() -> None:
    with pytest.raises(ValueError, match="must both be there"):
        replace_in("nothing")
