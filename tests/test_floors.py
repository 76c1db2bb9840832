"""The contracts in pyproject.toml hold, and fail when a line of the code breaks them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import REPOSITORY

#: Under another name, as an editable install would lead the linter to the original.
NAME = "copied_package"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the package's Python files beside its contracts."""
    for source in (REPOSITORY / "dsage_mpi").rglob("*.py"):
        target = tmp_path / NAME / source.relative_to(REPOSITORY / "dsage_mpi")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(source.read_text().replace("dsage_mpi", NAME))
    settings = (REPOSITORY / "pyproject.toml").read_text().replace("dsage_mpi", NAME)
    (tmp_path / "pyproject.toml").write_text(settings)
    return tmp_path


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    program = shutil.which("lint-imports", path=str(Path(sys.executable).parent))
    assert program is not None
    return subprocess.run(
        [program, "--no-cache"], cwd=folder, capture_output=True, text=True, timeout=120
    )


def add(folder: Path, module: str, *lines: str) -> None:
    with (folder / NAME / module).open("a") as file:
        file.write("\n".join(lines).replace("dsage_mpi", NAME) + "\n")


def test_the_package_keeps_them(copy: Path) -> None:
    done = lint(copy)
    assert done.returncode == 0, done.stdout
    assert "2 kept, 0 broken" in done.stdout


@pytest.mark.parametrize(
    ("module", "lines", "contract"),
    [
        ("core/paths.py", ["import dsage_mpi.outer.loop"], "Imports point down"),
        ("farm/job.py", ["import dsage_mpi.checkpoint.seal"], "Imports point down"),
        ("run/stop.py", ["import dsage_mpi.study.plan"], "Imports point down"),
        (
            "rundir/status.py",
            ["import typing", "if typing.TYPE_CHECKING:", "    import dsage_mpi.run.stop"],
            "Imports point down",
        ),
        ("core/printable.py", ["def late():", "    import dsage_mpi.core.terminal"], "No circle"),
        ("newcomer.py", [""], "Imports point down"),
    ],
    ids=[
        "upwards",
        "between neighbours",
        "to a study",
        "for types alone",
        "circle in a function",
        "no floor",
    ],
)
def test_a_line_that_breaks_one_is_found(
    copy: Path, module: str, lines: list[str], contract: str
) -> None:
    add(copy, module, *lines)
    done = lint(copy)
    output = done.stdout + done.stderr
    assert done.returncode == 1, output
    broken = [line for line in output.splitlines() if "BROKEN" in line]
    assert any(contract in line for line in broken), output
