"""docs/configuration.md lists every key."""

from __future__ import annotations

import shutil
import textwrap
from pathlib import Path

import pytest

from dsage_mpi.config.errors import ConfigError
from dsage_mpi.config.keys import registries
from dsage_mpi.config.load import load_config
from dsage_mpi.config.reference import reference, replace_in
from dsage_mpi.config.schema import Config

PAGE = Path(__file__).parents[2] / "docs" / "configuration.md"


def test_the_page_is_up_to_date() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert replace_in(text) == text, f"run: python -m dsage_mpi.config.reference {PAGE}"


def test_every_table_is_there() -> None:
    text = reference()
    for table in ("top level", "`[domain]`", "`[archive]`", "`[surrogate]`", "`[farm]`"):
        assert f"### {table}" in text
    assert "| `max_evaluations` | `100000` |" in text
    assert "| `dims` | required |" in text


def test_every_component_is_there() -> None:
    text = reference()
    for key, registry in registries(Config).items():
        for name in registry.own():
            assert f"| `{name}` | " in text or f'`[{key[:-5]}]` with `name = "{name}"`' in text


def test_a_page_without_markers_is_refused() -> None:
    with pytest.raises(ValueError, match="must both be there"):
        replace_in("nothing")


def test_the_example_of_problems_is_what_is_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(PAGE.parents[1] / "inputs", tmp_path / "inputs")
    (tmp_path / "inputs" / "mine.toml").write_text(
        'extends = "paper/maze/dsage.toml"\n[domain]\nrollouts = 0\n[surrogate]\nepoch = 5\n'
        "[archive]\ndims = [250, 162]\n"
    )
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError) as caught:
        load_config(Path("inputs/mine.toml"))
    shown = textwrap.indent(f"dsage_mpi: {caught.value}", " " * 8)
    assert shown in PAGE.read_text(encoding="utf-8")
