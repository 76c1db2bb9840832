from types import SimpleNamespace

import pytest

from dsage_mpi.core.declarations import declaration_problem
from dsage_mpi.core.registry import ComponentError, load
from dsage_mpi.core.settings import Settings


@pytest.mark.parametrize(
    "declared",
    [
        {"Settings": 5},
        {"SOLUTIONS": 5},
        {"SOLUTIONS": "discrete"},
        {"EMITTERS": "map_elites"},
        {"LEVELS": (1,)},
        {"COLUMNS": 5},
        {"PARAMETERS": [("slope", 1)]},
        {"COLUMNS": {"a,b": "two"}},
    ],
)
def test_says_which_declaration_is_none(declared):
    (name,) = declared
    assert f".{name} is " in declaration_problem(SimpleNamespace(**declared))


def test_takes_declarations_as_they_are_documented():
    good = {"Settings": Settings, "SOLUTIONS": ("mixed",), "COLUMNS": {"share": "of all"}}
    assert declaration_problem(SimpleNamespace(**good, EMITTERS=None, LEVELS=["images"])) == ""


def test_a_script_that_ends_the_program_is_no_component(tmp_path, monkeypatch):
    (tmp_path / "a_script_that_exits.py").write_text("import sys\nsys.exit(0)\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ComponentError, match="cannot be imported: SystemExit: 0"):
        load("a_script_that_exits:Thing")
