"""TOML files, ``extends`` and ``--set`` before any schema."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from dsage_mpi.config.document import read_document
from dsage_mpi.config.errors import ConfigError
from tests.config.conftest import Writer


def refusal(path: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        read_document(path)
    assert len(caught.value.problems) == 1
    return str(caught.value)


def test_extends_merges_tables_and_replaces_lists(write: Writer) -> None:
    write("a = [1, 2, 3]\n[t]\nx = 1\ny = 2\n[t.u]\nz = 3\n", "base/grand.toml")
    write('extends = "grand.toml"\n[t]\nx = 10\n', "base/parent.toml")
    path = write('extends = "base/parent.toml"\na = [4]\n[t.u]\nw = 5\n')
    document = read_document(path)
    assert document.tables == {"a": [4], "t": {"x": 10, "y": 2, "u": {"z": 3, "w": 5}}}


def test_origins_follow_the_last_word(write: Writer) -> None:
    base = write("a = 1\nb = 2\n[t]\nx = 1\ny = 1\n", "base.toml")
    path = write('extends = "base.toml"\nb = 3\n[t]\nx = 2\n')
    document = read_document(path, ["t.z=5"])
    assert document.origin(("a",)) == str(base)
    assert document.origin(("b",)) == str(path)
    assert document.origin(("t", "x")) == str(path)
    assert document.origin(("t", "y")) == str(base)
    assert document.origin(("t", "z")) == "--set"


def test_table_replaces_value_and_value_replaces_table(write: Writer) -> None:
    write("a = 1\n[b]\nc = 1\n", "base.toml")
    path = write('extends = "base.toml"\nb = 2\n[a]\nc = 3\n')
    assert read_document(path).tables == {"a": {"c": 3}, "b": 2}


def test_circle_is_refused_and_shown(write: Writer) -> None:
    write('extends = "b.toml"\n', "a.toml")
    write('extends = "sub/../a.toml"\n', "b.toml")
    text = refusal(write('extends = "a.toml"\n'))
    assert "extends: goes in circles" in text
    assert text.count(" -> ") == 3


def test_file_that_extends_itself(write: Writer) -> None:
    assert "goes in circles" in refusal(write('extends = "input.toml"\n'))


def test_missing_file(tmp_path: Path) -> None:
    assert "does not exist" in refusal(tmp_path / "nope.toml")


def test_relative_missing_file_says_where_it_was_looked_for() -> None:
    assert f"nope.toml does not exist in {Path.cwd()}" in refusal(Path("nope.toml"))


def test_missing_extended_file_names_both(write: Writer, tmp_path: Path) -> None:
    path = write('extends = "gone.toml"\n')
    text = refusal(path)
    assert f"problem in {path}" in text
    assert f"extends: {tmp_path / 'gone.toml'} does not exist" in text


def test_extends_must_be_one_path(write: Writer) -> None:
    assert "expected one path" in refusal(write("extends = [1]\n"))


def test_folder_is_no_input(tmp_path: Path) -> None:
    assert "is a folder" in refusal(tmp_path)


def test_what_may_never_end_is_no_input(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.toml"
    os.mkfifo(pipe)
    for path in (pipe, Path("/dev/zero")):
        assert f"{path} is no regular file: expected a TOML file" in refusal(path)


def test_mark_of_byte_order_is_no_matter(write: Writer) -> None:
    assert read_document(write("\ufeffa = 1\n")).tables == {"a": 1}


def test_binary_file_is_no_input(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_bytes(b"\xff\xfe\x00")
    assert "is no text" in refusal(path)


def test_syntax_error_shows_the_line(write: Writer) -> None:
    text = refusal(write("a = 1\nb = = 2\n"))
    assert "not valid TOML" in text
    assert "line 2" in text
    assert "2 | b = = 2" in text


@pytest.mark.parametrize("text", ["nonsense", "=5", "a..b=1", "a b=1", ".a=1", "a.=1", ""])
def test_malformed_overrides(write: Writer, text: str) -> None:
    document = read_document(write(""), [text])
    assert len(document.problems) == 1
    assert "expected key.path=value" in document.problems[0].message


@pytest.mark.parametrize("value", ["[1", '"x', "{a", "", "1\nb = 2"])
def test_overrides_that_are_no_toml(write: Writer, value: str) -> None:
    document = read_document(write(""), [f"a={value}"])
    assert [problem.key for problem in document.problems] == ["a"]
    assert document.tables == {}


@pytest.mark.parametrize(
    ("value", "expected"),
    [("5", 5), ("cpu", "cpu"), ("/a b/c.tar", "/a b/c.tar"), ("x=y", "x=y"), ("'5'", "5")],
)
def test_override_values(write: Writer, value: str, expected: object) -> None:
    document = read_document(write(""), [f"t.a={value}"])
    assert document.tables == {"t": {"a": expected}}
    assert not document.problems


DEEP = {
    "array": "x = " + "[" * 1000 + "]" * 1000,
    "array that Python can read": "x = " + "[" * 100 + "]" * 100,
    "inline table": "x = " + "{a = " * 1000 + "1" + "}" * 1000,
    "dotted key": ".".join("x" * 1000) + " = 1",
    "header": "[" + ".".join("x" * 1000) + "]\ny = 1",
    "extends": "extends = " + "[" * 1000 + "]" * 1000,
}
LONG = {
    "digits": "[t]\nx = " + "1" * 5000,
    "digits in groups": "[t]\nx = " + "_".join("1" * 5000),
    "hexadecimal": "[t]\nx = 0x" + "f" * 5000,
    "in an array": "[t]\nx = [1, 0x" + "f" * 5000 + "]",
}


@pytest.mark.parametrize("text", DEEP.values(), ids=DEEP.keys())
def test_nobody_means_what_is_nested_so_deep(write: Writer, text: str) -> None:
    assert "too deep: expected at most 16 levels" in refusal(write(text))


@pytest.mark.parametrize("text", LONG.values(), ids=LONG.keys())
def test_nobody_means_an_integer_so_long(write: Writer, text: str) -> None:
    told = refusal(write(text))
    assert "too long: expected at most 19 digits" in told
    assert "line 2" in told or "t.x" in told


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        (".".join("x" * 2000), "1", "has 2000 parts; expected at most 16"),
        ("a", "[" * 1000 + "]" * 1000, "too deep"),
        ("a", "1" * 5000, "too long"),
        ("a", "0x" + "f" * 5000, "too long"),
        ("a", "\udcff", "is no text (UTF-8)"),
        ("a", '"\udcff"', "is no text (UTF-8)"),
    ],
)
def test_overrides_that_nobody_means(write: Writer, key: str, value: str, told: str) -> None:
    document = read_document(write(""), [f"{key}={value}"])
    (problem,) = document.problems
    assert told in str(problem)
    assert len(str(problem)) < 400
    assert document.tables == {}


def test_extended_path_with_a_nul(write: Writer) -> None:
    text = refusal(write('extends = "a\\u0000b.toml"'))
    assert "extends = 'a\\x00b.toml': expected one path" in text


def test_circle_of_links(write: Writer, tmp_path: Path) -> None:
    (tmp_path / "one").symlink_to("two")
    (tmp_path / "two").symlink_to("one")
    for path in (write('extends = "one"'), tmp_path / "one", tmp_path / "one" / "x.toml"):
        assert "cannot be read: Too many levels of symbolic links" in refusal(path)


def test_long_lines_are_shown_in_part(write: Writer) -> None:
    assert len(refusal(write("x = " + "a" * 10**6))) < 500


def test_many_keys_are_merged_in_no_time(write: Writer) -> None:
    """Also over others; the time of a merge once grew with the square of the number."""
    keys = "\n".join(f"k{i} = [{i}]" for i in range(50_000))
    write(keys, "base.toml")
    began = time.process_time()
    document = read_document(write(f'extends = "base.toml"\n{keys}'))
    assert time.process_time() - began < 10
    assert len(document.tables) == len(document.origins) == 50_000


def test_value_that_replaces_tables_forgets_where_they_came_from(write: Writer) -> None:
    document = read_document(write("[a.b]\nc = 1\nd = 2\n[e]\nf = 1\n"), ["a=1"])
    name = document.name
    assert document.origins == {("a",): "--set", ("e",): name, ("e", "f"): name}
