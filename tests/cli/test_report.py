"""report: where the page lies, what is refused, and how it follows a run."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from dsage_mpi.__main__ import main
from tests.report.page.conftest import data_of
from tests.runs import TINY
from tests.support import REPOSITORY, clean_environment, python


def refused(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    try:
        code = main(["report", *map(str, arguments)])
    except SystemExit as error:  # argparse
        code = int(error.code or 0)
    assert code == 2
    return capsys.readouterr().err


def test_a_checkpoint_and_a_folder_of_runs(
    whole_run: Callable[[str], Path], tmp_path: Path
) -> None:
    checkpoint = min((whole_run("dsage") / "checkpoints").glob("checkpoint-*.h5"))
    output = tmp_path / "a.html"
    options = ["--no-predictions", "--paths", "0", "--output", str(output)]
    assert main(["report", str(checkpoint), *options]) == 0
    (run,) = data_of(output)["runs"]
    assert run["evaluations"] < 50
    assert "predicted" not in run
    assert "paths" not in run
    folder = tmp_path / "study"
    folder.mkdir()
    for name in ("dsage", "map_elites"):
        (folder / name).symlink_to(whole_run(name))
    assert main(["report", str(folder), *options[:-2]]) == 0
    output = folder / "report.html"
    assert [run["name"] for run in data_of(output)["runs"]] == ["dsage", "map_elites"]


def test_what_is_refused(
    whole_run: Callable[[str], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = whole_run("dsage")
    assert "--output is missing" in refused(capsys, run, run)
    assert "expected 0 or more" in refused(capsys, run, "--paths", -1)
    assert "expected 0.1 to 86400 seconds" in refused(capsys, run, "--every", 0)
    output = ("--output", tmp_path / "a.html")
    message = refused(capsys, tmp_path / "nothing", *output)
    assert "nothing" in message
    assert "Traceback" not in message
    (tmp_path / "empty").mkdir()
    refused(capsys, tmp_path / "empty", *output, "--follow")
    assert not (tmp_path / "a.html").exists()


def test_it_follows_a_run_to_its_end(tmp_path: Path) -> None:
    run, output = tmp_path / "run", tmp_path / "live.html"
    often = ["--set", "checkpoint.min_seconds=0", "--set", "algorithm.max_evaluations=120"]
    process = subprocess.Popen(
        [sys.executable, *TINY, *often, "--run-dir", str(run)],
        cwd=REPOSITORY,
        env=clean_environment(),
        stdout=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 120
    while not (run / "lock").exists() and not (run / "status.json").exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    follow = ["--follow", "--every", "0.3", "--paths", "2", "--output", output]
    done = python("-m", "dsage_mpi", "report", run, *follow, timeout=250)
    assert process.wait(60) == 0
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) > 1
    page = data_of(output)
    assert page["refresh"] == 0
    assert page["runs"][0]["state"] == "done"
    assert page["runs"][0]["evaluations"] == 120
