"""Mario runs as users start them: whole programs, compared by what they leave on disk."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import h5py
import numpy as np
import pytest
from PIL import Image

from tests.runs import (
    assert_same_checkpoints,
    digest,
    finished,
    kill_when,
    newest,
    results,
)
from tests.support import REPOSITORY, clean_environment, mpirun, python

TINY = [
    "-m",
    "dsage_mpi",
    "inputs/mario_tiny.toml",
    *("--set", "algorithm.initial_solutions=16"),
    *("--set", "algorithm.max_evaluations=32"),
    *("--set", "selection.coarse_dims=[6,2]"),  # at least three outer iterations
    *("--set", "report.figures=false"),
]
#: Rollouts that differ, as in the published inputs.
CMA_ME = [
    *TINY,
    *("--set", "algorithm.method=cma_me"),
    *("--set", "emitters.count=2"),
    *("--set", "emitters.batch_size=6"),
    *("--set", "domain.rollouts=2"),
    *("--set", "domain.simulator.budget_spread=0.3"),
]


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    """One uninterrupted run in one process, without any launcher."""
    run_dir = tmp_path_factory.mktemp("reference") / "run"
    done = python(*TINY, "--set", "report.figures=true", "--run-dir", run_dir, timeout=200)
    finished(done)
    return run_dir


def test_run_directory_is_complete(reference):
    with (reference / "metrics.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) >= 3
    assert (rows[-1]["evaluations"], rows[-1]["failures"]) == ("32", "0")
    assert float(rows[-1]["qd_score"]) > float(rows[0]["qd_score"]) > 0
    for column in ("sky_tiles_mae", "jumps_mae", "occupancy_mae", "objective_mae"):
        assert float(rows[1][column]) > 0
    with np.load(reference / "archive.npz") as archive:
        assert archive["level"].shape[1:] == (16, 56)
        names = archive["metadata_names"].tolist()
        sky = (archive["level"][:, :9] != 0).sum(axis=(1, 2))
        np.testing.assert_array_equal(archive["metadata"][:, names.index("sky_tiles")], sky)
        nodes = archive["metadata"][:, names.index("nodes_max")]
    assert 0 < nodes.max() <= 200
    for name in ("archive", "discovery", "levels", "curves"):
        assert (reference / "figures" / f"{name}.png").stat().st_size > 10_000, name


@pytest.mark.parametrize(("ranks", "options"), [(2, []), (3, ["--set", "farm.chunk=1"])])
def test_result_does_not_depend_on_ranks(reference, tmp_path, ranks, options):
    finished(mpirun(ranks, *TINY, *options, "--run-dir", tmp_path / "run", timeout=240))
    assert digest(tmp_path / "run") == digest(reference)


@pytest.mark.parametrize("arguments", [TINY, CMA_ME], ids=["dsage", "cma_me"])
def test_killed_and_restarted_run_equals_uninterrupted_run(reference, tmp_path, arguments):
    whole, killed = reference, tmp_path / "killed"
    if arguments is not TINY:
        whole = tmp_path / "whole"
        finished(python(*arguments, "--run-dir", whole, timeout=200))
    kill_when([*arguments, "--run-dir", killed], killed / "checkpoints" / "checkpoint-000002.h5")
    finished(mpirun(2, "-m", "dsage_mpi", "--restart", killed, timeout=200))
    assert digest(killed) == digest(whole)
    assert_same_checkpoints(newest(whole), newest(killed))
    assert results(killed) == results(whole)


def test_a_run_whose_jvm_is_killed_has_the_same_archive(reference, tmp_path):
    run_dir = tmp_path / "run"
    process = subprocess.Popen(
        [sys.executable, *TINY, "--run-dir", str(run_dir)],
        cwd=REPOSITORY,
        env=clean_environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        first = kill_jvm_of(process, run_dir, rows=0)
        second = kill_jvm_of(process, run_dir, rows=1)
        assert process.wait(120) == 0
    finally:
        process.kill()
    assert first != second
    assert digest(run_dir) == digest(reference)


def test_a_stop_does_not_wait_for_a_jvm_that_hangs(reference, tmp_path):
    run_dir = tmp_path / "run"
    process = subprocess.Popen(
        [sys.executable, *TINY, "--run-dir", str(run_dir)],
        cwd=REPOSITORY,
        env=clean_environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        jvm = jvm_of(process, run_dir, rows=0)
        os.kill(jvm, signal.SIGSTOP)
        process.terminate()
        assert process.wait(100) == 3, "long before the JVM's deadline of 300 s"
    finally:
        process.kill()
    assert jvm not in jvms_of(process.pid)
    assert not (run_dir / "failures.jsonl").exists(), "no evaluation has failed"
    finished(python("-m", "dsage_mpi", "--restart", run_dir, timeout=200))
    assert digest(run_dir) == digest(reference)


def kill_jvm_of(process: subprocess.Popen[bytes], run_dir: Path, rows: int) -> int:
    """Kills, without warning, the JVM of a run that has so many iterations behind it."""
    jvm = jvm_of(process, run_dir, rows)
    os.kill(jvm, signal.SIGKILL)
    while jvm in jvms_of(process.pid):  # a busy machine takes its time
        time.sleep(0.002)
    return jvm


def jvm_of(process: subprocess.Popen[bytes], run_dir: Path, rows: int) -> int:
    """Waits for the JVM of a run that has so many iterations behind it."""
    metrics = run_dir / "metrics.csv"
    deadline = time.monotonic() + 120
    while True:
        assert process.poll() is None, "the run ended before its JVM could be killed"
        assert time.monotonic() < deadline
        lines = metrics.read_text().splitlines() if metrics.exists() else []
        children = jvms_of(process.pid)
        if len(lines) > rows and children:
            return children[0]
        time.sleep(0.002)


def jvms_of(parent: int) -> list[int]:
    """Process numbers of the simulators that belong to a rank."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            command = (entry / "cmdline").read_bytes().split(b"\0") if entry.name.isdigit() else []
        except OSError:
            continue
        if b"dsage_mpi.isolation.child" in command and str(parent).encode() in command:
            found.append(int(entry.name))
    return found


def test_pictures_and_films_of_a_run(reference, tmp_path):
    png, gif = tmp_path / "best.png", tmp_path / "level.gif"
    done = python("-m", "dsage_mpi", "render", reference, "--best", "--output", png)
    finished(done)
    assert "objective 1, sky_tiles" in done.stdout
    with Image.open(png) as picture:
        assert picture.size == (896, 256)
    with np.load(reference / "archive.npz") as archive:
        cell = np.unravel_index(archive["index"][0], tuple(archive["dims"]))
        number = archive["evaluation"][0]
    with h5py.File(newest(reference)) as file:
        ticks = int(file["record/result"]["rollout"]["ticks"][number, 0])
    arguments = ("--cell", *map(str, cell), "--output", gif, "--scale", "2")
    finished(python("-m", "dsage_mpi", "render", reference, *arguments))
    with Image.open(gif) as film:
        assert film.size == (512, 512)
        total = 0
        for k in range(film.n_frames):
            film.seek(k)
            total += film.info["duration"]
    assert total == 30 * (ticks + 24 if ticks else 0)


def test_a_missing_generator_stops_every_rank_with_a_clear_message(tmp_path):
    generator = ("--set", "domain.generator=/no/such/netG.pth")
    done = mpirun(3, *TINY, *generator, "--run-dir", tmp_path / "run")
    assert done.returncode == 2
    assert "/no/such/netG.pth does not exist" in done.stderr
    assert "Traceback" not in done.stderr + done.stdout
