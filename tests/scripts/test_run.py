"""`make run`."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.scripts.shell import SCRIPTS, add_command, bash
from tests.support import REPOSITORY


class TestRunScript:
    def run(self, path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", str(SCRIPTS / "run.sh"), *arguments],
            env={"PATH": str(path)},
            capture_output=True,
            text=True,
            check=False,
        )

    @pytest.mark.parametrize("ranks", ["0", "two", "-3", "1.5"])
    def test_refuses_what_is_no_number_of_ranks(self, fake_path: Path, ranks: str) -> None:
        result = self.run(fake_path, str(REPOSITORY / "pyproject.toml"), ranks)
        assert result.returncode == 2
        assert f"RANKS={ranks} is not a number of ranks" in result.stderr

    def test_refuses_an_input_that_is_not_there(self, fake_path: Path) -> None:
        result = self.run(fake_path, "inputs/nowhere.toml")
        assert result.returncode == 2
        assert "inputs/nowhere.toml" in result.stderr

    def test_one_rank_more_than_cores_by_default(self, fake_path: Path) -> None:
        (fake_path / "nproc").unlink()
        add_command(fake_path, "nproc", "echo 4")
        assert bash("default_ranks", fake_path).stdout == "5"
