"""What a wheel must hold."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import check_wheel
import pyproject
import pytest

from tests.support import REPOSITORY


class TestCheckWheel:
    def test_names_what_a_wheel_lacks(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        wheel = tmp_path / "dsage_mpi-0.1.0-py3-none-any.whl"
        with zipfile.ZipFile(wheel, "w") as archive:
            archive.writestr("dsage_mpi/__main__.py", "")
        assert check_wheel.main([wheel]) == 1
        errors = capsys.readouterr().err
        assert "dsage_mpi/py.typed" in errors
        assert "_native*.so" in errors
        assert "__main__" not in errors


JAVA = REPOSITORY / "dsage_mpi" / "domains" / "mario" / "java"


class TestMarioIsAChoice:
    """Whether a wheel has the Mario engine; CMake is told that there is no JDK, or finds one."""

    def configure(
        self, folder: Path, choice: str, jdk: bool
    ) -> tuple[subprocess.CompletedProcess[str], Path]:
        cmake = shutil.which("cmake", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
        assert cmake is not None
        (folder / "CMakeLists.txt").write_text(
            "cmake_minimum_required(VERSION 3.20)\nproject(test LANGUAGES NONE)\n"
            f'add_subdirectory("{JAVA}" java)\n'
        )
        hidden = [] if jdk else ["-DCMAKE_DISABLE_FIND_PACKAGE_Java=ON"]
        command = [cmake, "-S", folder, "-B", folder / "build", f"-DDSAGE_MARIO={choice}", *hidden]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        return done, folder / "build" / "java" / "left_out.txt"

    @pytest.mark.parametrize(("choice", "jdk"), [("ON", False), ("maybe", True)])
    def test_what_cannot_be_had_is_an_error(self, choice: str, jdk: bool, tmp_path: Path) -> None:
        done, _ = self.configure(tmp_path, choice, jdk)
        assert done.returncode != 0
        expected = "DSAGE_MARIO=OFF" if choice == "ON" else "expected ON, OFF or AUTO"
        assert expected in " ".join(done.stderr.split())

    @pytest.mark.parametrize(("choice", "jdk"), [("OFF", True), ("OFF", False), ("AUTO", False)])
    def test_what_is_left_out_is_noted(self, choice: str, jdk: bool, tmp_path: Path) -> None:
        done, note = self.configure(tmp_path, choice, jdk)
        assert done.returncode == 0, done.stderr
        assert f"DSAGE_MARIO={choice}" in note.read_text()

    @pytest.mark.skipif(shutil.which("javac") is None, reason="there is no JDK here")
    @pytest.mark.parametrize("choice", ["ON", "AUTO"])
    def test_with_a_jdk_nothing_is_left_out(self, choice: str, tmp_path: Path) -> None:
        done, note = self.configure(tmp_path, choice, jdk=True)
        assert done.returncode == 0, done.stderr
        assert not note.exists()

    def test_the_default_is_to_have_it(self) -> None:
        settings = pyproject.read_pyproject()["tool"]["scikit-build"]["cmake"]["define"]
        assert settings["DSAGE_MARIO"] == {"env": "DSAGE_MARIO", "default": "ON"}
        assert "set(DSAGE_MARIO ON CACHE" in (REPOSITORY / "CMakeLists.txt").read_text()
