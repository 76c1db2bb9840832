"""A user's own jar, compiled for these tests."""

from __future__ import annotations

import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

SOURCES = Path(__file__).parent / "framework"


@pytest.fixture(scope="session")
def foreign_jar(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A jar with the classes in ``framework``."""
    javac = shutil.which("javac")
    if javac is None:
        pytest.skip("no Java compiler on this machine")
    folder = tmp_path_factory.mktemp("framework")
    command = [javac, "--release", "11", "-encoding", "UTF-8", "-d", str(folder / "classes")]
    command += map(str, sorted(SOURCES.rglob("*.java")))
    subprocess.run(command, check=True, timeout=120)
    jar = folder / "framework.jar"
    with zipfile.ZipFile(jar, "w") as archive:
        for path in sorted((folder / "classes").rglob("*.class")):
            archive.write(path, path.relative_to(folder / "classes"))
    return jar
