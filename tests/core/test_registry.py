"""Components by name, by entry point, by dotted path; and every way to miss one."""

from __future__ import annotations

import sys
from importlib.metadata import EntryPoint

import pytest

from dsage_mpi.core import registry
from dsage_mpi.core.registry import ComponentError, Registry, load

OWN = {"json": "json:dumps", "path": "pathlib:Path"}


@pytest.fixture
def things(monkeypatch):
    """A registry with an entry point of another package."""
    points = [EntryPoint("theirs", "textwrap:dedent", "g"), EntryPoint("path", "os:sep", "g")]
    monkeypatch.setattr(registry, "entry_points", lambda group: points if group == "g" else [])
    return Registry("thing", "g", OWN)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The current directory, which is not on ``sys.path``; modules of tests are forgotten."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [p for p in sys.path if p])
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


def test_own_names_entry_points_and_dotted_paths(things):
    import json
    import os.path
    import pathlib
    import textwrap

    assert things.load("json") is json.dumps
    assert things.load("theirs") is textwrap.dedent
    assert things.load("path") is pathlib.Path, "an entry point replaces one of ours"
    assert things.load("os.path:join") is os.path.join
    assert list(things) == ["json", "path", "theirs"]
    assert things.own() == ("json", "path")


@pytest.mark.parametrize("name", ["jsn", "", "a b:c", "a:", ":c", "../a:b", "1a:b"])
def test_unknown_names_are_one_sentence_with_the_choices(things, name):
    with pytest.raises(ComponentError) as caught:
        things.load(name)
    assert "expected one of json, path, theirs, or" in str(caught.value)
    assert ('did you mean "json"?' in str(caught.value)) == (name == "jsn")
    assert not things.finds(name)


def test_the_current_folder_is_searched(folder):
    (folder / "mine.py").write_text("THING = 7")
    assert load("mine:THING") == 7


@pytest.mark.parametrize(
    ("source", "path", "words"),
    [
        (None, "absent_module:X", ["no module absent_module", "PYTHONPATH"]),
        ("import absent_module", "mine:X", ["mine cannot be imported", "absent_module"]),
        ("1 / 0", "mine:X", ["mine cannot be imported: ZeroDivisionError"]),
        ("def f(:", "mine:X", ["mine cannot be imported: SyntaxError"]),
        ("Thing = 1", "mine:Thin", ["mine.py has no Thin", 'did you mean "Thing"?']),
    ],
)
def test_failed_imports_name_module_and_cause(folder, source, path, words):
    if source is not None:
        (folder / "mine.py").write_text(source)
    with pytest.raises(ComponentError) as caught:
        load(path)
    for word in words:
        assert word in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_name_that_does_not_load_is_no_problem_of_others(monkeypatch):
    points = [EntryPoint("broken", "absent_module:X", "g")]
    monkeypatch.setattr(registry, "entry_points", lambda group: points)
    things = Registry("thing", "g", OWN)
    assert things.problem("json") == ""
    assert "no module absent_module" in things.problem("broken")
    assert not things.finds("broken")
    assert not things.finds(7)
