"""list: everything that an input can name, from where it is declared."""

from __future__ import annotations

from pathlib import Path

import pytest

from dsage_mpi.__main__ import main
from dsage_mpi.config.components import CHOICES
from tests.support import REPOSITORY


def test_all_components_and_inputs_have_a_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(REPOSITORY)
    assert main(["list"]) == 0
    text = capsys.readouterr().out
    rows = dict(line.split(maxsplit=1) for line in text.splitlines() if line.startswith("  "))
    for registry in CHOICES.values():
        assert all(rows[name] for name in registry.own())
    for path in (REPOSITORY / "inputs").rglob("*.toml"):
        name = str(path.relative_to(REPOSITORY / "inputs"))
        assert path.parent.name == "base" or rows[name]
    assert rows["maze_quick.toml"] == "Mazes, minutes on two cores"
    assert rows["downsample"] == "One per coarse cell: uniform among the cell's elites."
    assert text.count("One batch of all emitters") == 0, "methods that differ read alike"


def test_components_of_other_packages_are_among_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One that cannot be imported says so and hides nothing else."""
    (tmp_path / "somebodys.py").write_text(
        'class Blocks:\n    """Copies blocks.\n\n    More of it.\n    """\n'
    )
    info = tmp_path / "somebodys-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: somebodys\nVersion: 1\n")
    (info / "entry_points.txt").write_text(
        "[dsage_mpi.emitters]\nblocks = somebodys:Blocks\ngone = nowhere_at_all:Gone\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(CHOICES["emitters.kind"].__dict__, "_paths", raising=False)
    try:
        assert main(["list", "emitters"]) == 0
    finally:
        CHOICES["emitters.kind"].__dict__.pop("_paths", None)
    rows = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines())
    assert rows["blocks"] == "Copies blocks."
    assert rows["gone"].startswith("cannot be used: there is no module nowhere_at_all")
    assert "random" in rows
    assert "grid" not in rows


def test_inputs_of_the_folder_come_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "inputs").mkdir()
    (tmp_path / "inputs" / "mine.toml").write_text("# Only walls. And more.\nseed = 1\n")
    (tmp_path / "inputs" / "broken.toml").write_text("seed = \n")
    monkeypatch.chdir(tmp_path)
    assert main(["list", "inputs"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["inputs", "broken.toml", "mine.toml"]
    assert "cannot be read" in lines[1]
    assert lines[2].endswith("  Only walls")


def test_an_unknown_kind_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["list", "fish"])
    assert "expected one of inputs, domains, methods" in capsys.readouterr().err
