"""Which Python the set-up takes."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.scripts.shell import add_command, bash, run_setup


class TestFindPython:
    def test_takes_the_newest_that_really_starts(self, fake_path: Path) -> None:
        add_command(fake_path, "python3", "exit 1")  # Ubuntu 22.04: python3 is 3.10
        add_command(fake_path, "python3.13", "echo 'pyenv: python3.13: not found' >&2; exit 127")
        add_command(fake_path, "python3.12", "exit 0")
        add_command(fake_path, "python3.11", "exit 0")
        assert bash("find_python", fake_path).stdout.strip() == f"{fake_path}/python3.12"

    def test_prefers_the_machines_default(self, fake_path: Path) -> None:
        add_command(fake_path, "python3", "exit 0")
        add_command(fake_path, "python3.13", "exit 0")
        assert bash("find_python", fake_path).stdout.strip() == f"{fake_path}/python3"

    def test_asks_a_real_python_for_its_version(self, fake_path: Path) -> None:
        (fake_path / "python3").symlink_to(sys.executable)
        found = bash("PYTHON_OLDEST=99; find_python", fake_path)
        assert (found.returncode, found.stdout) == (0, "")
        found = bash("find_python", fake_path)
        assert found.stdout.strip() == f"{fake_path}/python3"

    def test_an_unfit_choice_of_the_user_is_refused(self, project: Path, fake_path: Path) -> None:
        add_command(fake_path, "python3.9", "exit 1")
        result = run_setup(project, fake_path, PYTHON="python3.9")
        assert result.returncode == 1
        assert "PYTHON=python3.9 is not a Python 3.11 to" in result.stderr

    def test_a_moved_environment_is_not_used(self, project: Path, fake_path: Path) -> None:
        venv = project / ".venv"
        (venv / "bin").mkdir(parents=True)
        add_command(venv / "bin", "python", "exit 0")
        (venv / "bin" / "activate").write_text(f"VIRTUAL_ENV='{venv}'\n")
        assert bash("existing_python", fake_path, VENV=str(venv)).stdout == f"{venv}/bin/python"
        moved = project / "moved"
        venv.rename(moved)
        assert bash("existing_python", fake_path, VENV=str(moved)).stdout == ""
