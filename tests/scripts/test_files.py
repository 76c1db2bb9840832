"""What can be said of scripts and Makefile without running them."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pyproject
import pytest

from tests.scripts.shell import SCRIPTS
from tests.support import REPOSITORY

SHELL_FILES = sorted([*SCRIPTS.rglob("*.sh"), REPOSITORY / ".ci" / "run"])


class TestFiles:
    """What can be said of the files without running them."""

    @pytest.mark.parametrize("path", SHELL_FILES, ids=lambda path: path.name)
    def test_shell_syntax(self, path: Path) -> None:
        checked = subprocess.run(["bash", "-n", path], capture_output=True, text=True, check=False)
        assert checked.returncode == 0, checked.stderr

    def test_oldest_python_is_the_packages(self) -> None:
        required = pyproject.read_pyproject()["project"]["requires-python"]
        oldest = re.search(
            r"^PYTHON_OLDEST=(\d+)", (SCRIPTS / "lib" / "python.sh").read_text(), re.M
        )
        assert oldest is not None
        assert required == f">=3.{oldest[1]}"

    def test_ci_runs_make_test_and_is_executable(self) -> None:
        script = REPOSITORY / ".ci" / "run"
        assert os.access(script, os.X_OK)
        assert "exec make test" in script.read_text()


class TestMake:
    """The Makefile's targets, seen through `make --dry-run`."""

    def make(self, *arguments: str) -> str:
        return subprocess.run(
            ["make", "-C", REPOSITORY, "--no-print-directory", *arguments],
            # Not the options of the `make test` that started this.
            env={name: value for name, value in os.environ.items() if "MAKE" not in name},
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    def test_default_is_help_and_names_every_target(self) -> None:
        text = self.make()
        for target in ("setup", "run", "test", "lint", "bench", "doctor", "wheel", "clean"):
            assert re.search(rf"^  {target} ", text, re.M), target

    def test_run_sets_up_first_and_passes_its_variables(self) -> None:
        lines = self.make("-n", "run", "INPUT=a b.toml", "RANKS=3", "ARGS=--seed 7").splitlines()
        assert lines == ["bash scripts/setup.sh", 'bash scripts/run.sh "a b.toml" "3" --seed 7']

    def test_test_sets_up_and_lints_first(self) -> None:
        lines = self.make("-n", "test").splitlines()
        assert lines[0] == "bash scripts/setup.sh"
        assert lines[-2] == "bash scripts/setup-tests.sh"
        commands = [line.split() for line in (*lines[1:-2], lines[-1])]
        checks = [words[2] if words[1] == "-m" else Path(words[0]).name for words in commands]
        assert checks == ["ruff", "ruff", "mypy", "lint-imports", "bash", "pytest"]
