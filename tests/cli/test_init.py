"""init: everybody gets the inputs and job scripts, and loses nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from dsage_mpi.__main__ import main
from dsage_mpi.cli import init
from tests.support import REPOSITORY, python


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for name in init.FOLDERS
        for path in (folder / name).rglob("*")
        if path.is_file()
    }


def test_everything_is_copied_and_can_be_run(tmp_path: Path) -> None:
    folder = tmp_path / "my" / "folder"
    assert main(["init", str(folder)]) == 0
    assert files(folder) == files(REPOSITORY)
    study = ("sweep", "inputs/studies/commented.toml")
    for what in (("inputs/paper/maze/dsage.toml",), study):
        done = python("-m", "dsage_mpi", *what, "--dry-run", cwd=folder)
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", init.FOLDERS)
def test_nothing_is_overwritten(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / name).symlink_to("nothing")
    assert main(["init", str(tmp_path)]) == 2
    assert f"{tmp_path / name} exist(s)" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("kind", ["file", "dangling link"])
def test_what_is_no_folder_is_a_mistake(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "place"
    if kind == "file":
        place.write_text("mine")
    else:
        place.symlink_to("nothing")
    assert main(["init", str(place)]) == 2
    assert f"{place} is no folder" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["place"]


def test_a_place_that_cannot_be_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert main(["init", str(tmp_path / "file" / "folder")]) == 1
    assert "cannot copy into" in capsys.readouterr().err


def test_without_a_checkout_they_come_from_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    package = Path("/somewhere/site-packages/dsage_mpi")
    monkeypatch.setattr(init, "_PACKAGE", package)
    assert init.source_folder() == init._INSTALLED


def test_an_empty_name_is_a_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["init", ""])  # as of a variable that is not set
    assert ended.value.code == 2
    assert "is empty; expected a path" in capsys.readouterr().err
