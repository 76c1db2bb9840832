"""Every tutorial does what it says: its files are written and its blocks run, in order."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, TUTORIALS, before, run_page
from tests.support import REPOSITORY

NEEDS = {"own_environment": "gymnasium", "own_parts": "gymnasium"}
#: What a tutorial leaves for its reader to look at.
LEAVES = {
    "first_run": ["longest.gif", "runs/first/report.html", "runs/first/figures/archive.png"],
    "compare": ["runs/three/comparison/curves.png"],
    "own_environment": ["maps.png", "runs/look/figures/levels.png"],
    "own_parts": ["walk.png"],
    "notebook": ["longest.png"],
    "surrogate": ["comparison/curves.png"],
}


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Folders in which a tutorial has been done, by its name."""
    return {}


def done(page: Path, folders: dict[str, Path], factory: pytest.TempPathFactory) -> Path:
    """The folder of a tutorial that has been done; others may go on in a copy of it."""
    if page.stem not in folders:
        pytest.importorskip(NEEDS.get(page.stem, "numpy"))
        folder = factory.mktemp(page.stem)
        earlier = before(page)
        if earlier is not None:
            start = done(earlier, folders, factory)
            shutil.copytree(start, folder, symlinks=True, dirs_exist_ok=True)
        run_page(page, folder)
        folders[page.stem] = folder
    return folders[page.stem]


@pytest.mark.timeout(900)  # on a busy machine, with the tutorials that it goes on from
@pytest.mark.parametrize("page", TUTORIALS, ids=lambda page: page.stem)
def test_a_tutorial_does_what_it_says(
    page: Path, folders: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = done(page, folders, tmp_path_factory)
    for name in LEAVES.get(page.stem, []):
        assert (folder / name).stat().st_size > 1_000, name
    assert not (REPOSITORY / "runs" / "first").exists()


def test_the_slurm_script_has_the_lines_that_are_explained(
    folders: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> None:
    page = DOCS / "tutorials" / "slurm.md"
    folder = done(page, folders, tmp_path_factory)
    script = (folder / "maze.slurm").read_text(encoding="utf-8").splitlines()
    text = page.read_text(encoding="utf-8")
    explained = re.findall(r"^\| (`(?:#SBATCH|modules).*?`) \|", text, re.MULTILINE)
    lines = re.findall(r"`([^`]+)`", " ".join(explained))
    assert len(lines) > 6
    assert [line for line in lines if line not in script] == []
