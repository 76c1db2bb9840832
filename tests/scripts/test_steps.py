"""Steps of the set-up: done once, logged, repeated when interrupted or out of date."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pyproject
import pytest
import repair

from tests.scripts.shell import SCRIPTS, bash
from tests.support import REPOSITORY


class TestSteps:
    @pytest.fixture
    def state(self, tmp_path: Path) -> dict[str, str]:
        (tmp_path / "stamps").mkdir()
        return {"LOG": str(tmp_path / "setup.log"), "STAMPS": str(tmp_path / "stamps")}

    def test_a_step_prints_one_line_and_logs_the_rest(
        self, fake_path: Path, state: dict[str, str]
    ) -> None:
        code = "work() { echo noise; echo more >&2; note 42 files; }; step 'the work' work"
        result = bash(code, fake_path, **state)
        assert re.fullmatch(r"  the work +\d+\.\d s  42 files\n", result.stdout)
        assert result.stderr == ""
        assert "noise\nmore\n" in Path(state["LOG"]).read_text()
        assert not (Path(state["STAMPS"]) / "unfinished").exists()

    def test_a_failure_inside_a_step_stops_and_shows_the_log(
        self, fake_path: Path, state: dict[str, str]
    ) -> None:
        code = "work() { echo the reason; false; echo not reached; }; step 'the work' work; echo on"
        result = bash(code, fake_path, **state)
        assert result.returncode == 1
        assert "| the reason" in result.stderr
        assert "not reached" not in result.stderr
        assert "step 'the work' failed (exit status 1)" in result.stderr
        assert "on\n" not in result.stdout

    def test_a_killed_step_leaves_word_for_the_next_setup(
        self, fake_path: Path, state: dict[str, str]
    ) -> None:
        result = bash("work() { kill -9 $BASHPID; }; step 'the work' work", fake_path, **state)
        assert result.returncode == 1
        assert (Path(state["STAMPS"]) / "unfinished").read_text() == "the work"

    def test_a_stamp_holds_for_its_key_alone(self, fake_path: Path, state: dict[str, str]) -> None:
        code = "stamp x 'a b'; fresh x 'a b' && echo same; fresh x other || echo differs"
        assert bash(code, fake_path, **state).stdout.split() == ["same", "differs"]


class TestBuildKey:
    """The compiled extension is built again when, and only when, it would come out different."""

    @pytest.mark.parametrize(
        "file",
        ["CMakeLists.txt", "dsage_mpi/native/kernel.cpp", "dsage_mpi/java/src/Engine.java"],
    )
    def test_native_sources_change_it(self, project: Path, file: str) -> None:
        before = pyproject.build_key(project)
        path = project / file
        path.write_text(path.read_text() + "\n")
        assert pyproject.build_key(project) != before

    def test_a_new_native_source_changes_it(self, project: Path) -> None:
        before = pyproject.build_key(project)
        (project / "dsage_mpi" / "native" / "more.hpp").write_text("")
        assert pyproject.build_key(project) != before

    def test_python_sources_and_tool_settings_do_not(self, project: Path) -> None:
        before = pyproject.build_key(project)
        (project / "dsage_mpi" / "loop.py").write_text("x = 2\n")
        settings = project / "pyproject.toml"
        settings.write_text(settings.read_text().replace("line-length = 100", "line-length = 99"))
        assert pyproject.build_key(project) == before

    def test_project_settings_do(self, project: Path) -> None:
        before = pyproject.build_key(project)
        settings = project / "pyproject.toml"
        settings.write_text(settings.read_text().replace('"Release"', '"Debug"'))
        assert pyproject.build_key(project) != before


class TestRepair:
    def install(self, site: Path, name: str, *, complete: bool = True, record: bool = True) -> Path:
        """Writes a package of two files as pip leaves it, or as a killed pip leaves it."""
        metadata = site / f"{name}-1.0.dist-info"
        metadata.mkdir(parents=True)
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (site / f"{name}.py").write_text("")
        if complete:
            (site / f"{name}_data.txt").write_text("")
        if record:
            (metadata / "RECORD").write_text(f"{name}.py,,\n{name}_data.txt,,\ngone.pyc,,\n")
        return metadata

    def test_forgets_incomplete_packages_only(self, tmp_path: Path) -> None:
        whole = self.install(tmp_path, "whole")
        partial = self.install(tmp_path, "partial", complete=False)
        unrecorded = self.install(tmp_path, "unrecorded", record=False)
        (tmp_path / "~orch").mkdir()
        removed = repair.forget(tmp_path)
        assert sorted(removed) == sorted([partial.name, unrecorded.name, "~orch"])
        assert whole.exists()
        assert not partial.exists()
        assert not (tmp_path / "~orch").exists()


def test_a_second_setup_does_nothing() -> None:
    """`make test` has just set this folder up; doing it again must find nothing to do."""
    if not (REPOSITORY / ".venv" / "stamps" / "extension").exists():
        pytest.skip("this folder's .venv was not made by `make setup`")
    result = subprocess.run(
        ["bash", str(SCRIPTS / "setup.sh")], capture_output=True, text=True, check=True
    )
    assert re.fullmatch(r"dsage_mpi is set up in .* \(\d+\.\d s\)\.\n", result.stdout), (
        result.stdout
    )
