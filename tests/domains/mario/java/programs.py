"""Runs the Java programs of this folder against the jar of the package."""

from __future__ import annotations

import functools
import shutil
import struct
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from dsage_mpi.core.domain import DomainError
from dsage_mpi.domains.mario.jvm.jar import find_jar

_SOURCES = Path(__file__).parent


@functools.cache
def _compile() -> tuple[str, tempfile.TemporaryDirectory[str]]:
    """The class path of the programs, and the folder that it is in."""
    javac = shutil.which("javac")
    if javac is None or shutil.which("java") is None:
        pytest.skip("no JDK on this machine")
    try:
        jar = find_jar()
    except DomainError as error:
        pytest.skip(str(error))
    folder = tempfile.TemporaryDirectory(prefix="dsage_mario_tests_")
    sources = [str(path) for path in sorted(_SOURCES.glob("*.java"))]
    command = [javac, "-Xlint:all", "-Werror", "-cp", str(jar), "-d", folder.name, *sources]
    subprocess.run(command, check=True, timeout=120)
    return f"{jar}:{folder.name}", folder


def run(program: str, given: bytes, folder: Path) -> Path:
    """Runs a program of this folder with an input file and returns the folder of its output."""
    classes, _ = _compile()
    (folder / "input").write_bytes(given)
    options = ["-Xshare:auto", "-XX:+UseSerialGC", "-XX:ActiveProcessorCount=1", "-cp", classes]
    command = ["java", *options, f"dsage.mario.{program}", str(folder / "input"), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    return folder


def java_int(value: int) -> bytes:
    return struct.pack(">i", value)


def java_text(text: str) -> bytes:
    encoded = text.encode()
    return struct.pack(">H", len(encoded)) + encoded


def ints(folder: Path, name: str, width: int = 1) -> NDArray[Any]:
    """What a program wrote to a file: (n, width), or (n,) for width 1. Floats by their bits."""
    values = np.fromfile(folder / name, ">i4").astype(np.int32)
    return values if width == 1 else values.reshape(-1, width)


def offsets(counts: NDArray[Any]) -> NDArray[Any]:
    """Where each item begins, and the end of the last."""
    return np.concatenate([[0], np.cumsum(counts)])
