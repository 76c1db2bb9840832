"""The engine's part of the build, with a JDK and without."""

from __future__ import annotations

import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from tests.support import REPOSITORY

FOLDER = REPOSITORY / "dsage_mpi" / "domains" / "mario" / "java"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A CMake project of nothing but the engine."""
    if shutil.which("cmake") is None:
        pytest.skip("no CMake on this machine")
    (tmp_path / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.20)\nproject(engine LANGUAGES NONE)\n"
        f'add_subdirectory("{FOLDER}" engine)\n'
    )
    return tmp_path


def cmake(*arguments: str | Path) -> str:
    done = subprocess.run(
        ["cmake", *map(str, arguments)], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return " ".join((done.stdout + done.stderr).split())


def test_without_jdk_all_the_rest_is_built(project: Path) -> None:
    build = project / "build"
    hidden = "-DCMAKE_DISABLE_FIND_PACKAGE_Java=ON"
    text = cmake("-S", project, "-B", build, "-DDSAGE_MARIO=AUTO", hidden)
    assert "The Mario domain will not run: CMake found no Java compiler" in text
    cmake("--build", build)
    cmake("--install", build, "--prefix", project / "there")
    assert not list((project / "there").rglob("*.jar"))


def test_with_jdk_the_jar_is_installed(project: Path) -> None:
    if shutil.which("javac") is None:
        pytest.skip("no Java compiler on this machine")
    build = project / "build"
    cmake("-S", project, "-B", build, "-DDSAGE_MARIO=ON")
    warnings = cmake("--build", build)
    assert "warning" not in warnings.lower()
    cmake("--install", build, "--prefix", project / "there")
    with zipfile.ZipFile(project / "there/dsage_mpi/domains/mario/dsage_mario.jar") as jar:
        assert "dsage/mario/Evaluator.class" in jar.namelist()
