"""Under mpirun, `isatty` lies; these tests start it with and without a terminal behind it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dsage_mpi.core.terminal import live_width
from tests.run.test_progress import HIDE_CURSOR, RUN, run_in_terminal

pytestmark = pytest.mark.skipif(shutil.which("mpirun") is None, reason="needs mpirun")


def mpirun() -> list[str]:
    return ["mpirun", "-n", "1", sys.executable, "-c", RUN]


@pytest.fixture(autouse=True)
def _root_may(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(("OMPI_COMM", "PMI", "PRTE_", "ORTE_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("OMPI_ALLOW_RUN_AS_ROOT", "1")
    monkeypatch.setenv("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1")
    monkeypatch.setenv("OMPI_MCA_rmaps_base_oversubscribe", "1")


def test_mpirun_into_a_file_gives_plain_lines(tmp_path: Path) -> None:
    with (tmp_path / "batch.log").open("wb") as log:
        subprocess.run(mpirun(), stdout=log, stderr=log, check=True, timeout=120)
    text = (tmp_path / "batch.log").read_text()
    assert "iteration 2 | 200/200 evaluations" in text
    assert "\x1b" not in text


def test_mpirun_in_a_terminal_gives_live_bars_of_its_width() -> None:
    if (
        "Open MPI"
        not in subprocess.run(["mpirun", "--version"], capture_output=True, text=True).stdout
    ):
        pytest.skip("only Open MPI passes a terminal on")
    seen = run_in_terminal(mpirun(), columns=60)
    assert HIDE_CURSOR in seen
    bars = [re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", part) for part in re.split(r"[\r\n]", seen)]
    assert max(len(bar) for bar in bars if "━" in bar) <= 60
    assert "a log line" in seen


def test_files_are_no_terminals(tmp_path: Path) -> None:
    with (tmp_path / "out").open("w") as file:
        assert live_width(file) is None
    assert live_width(file) is None  # closed
