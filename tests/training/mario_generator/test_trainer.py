"""Trainings of seconds: the same after a resume, saved on a signal, explained when refused."""

from __future__ import annotations

import csv
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from dsage_mpi.__main__ import main
from dsage_mpi.domains.mario.generator import Generator, load_generator
from dsage_mpi.training.arrays import read_arrays
from dsage_mpi.training.driver import TrainingRequest
from dsage_mpi.training.mario_generator import train
from dsage_mpi.training.mario_generator.author import write_levels
from dsage_mpi.training.mario_generator.gan import adjacency_cost
from dsage_mpi.training.mario_generator.quality import tile_shares
from dsage_mpi.training.mario_generator.settings import GanSettings
from tests.domains.mario.generator.conftest import TINY, latents
from tests.training.maze_agent.conftest import TINY as AGENT

#: Shrinks the tiny training to some hundredths of a second per step.
MINIMAL = ["run.steps=12", "corpus.levels=40", "networks.channels=16", "test.every_steps=6"]


def _train(run_dir: Path, *overrides: str, restart: Path | None = None) -> int:
    return train(TrainingRequest(TINY, [*MINIMAL, *overrides], run_dir, restart))


def _rows(run_dir: Path) -> list[dict[str, str]]:
    with (run_dir / "learning_curve.csv").open(newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_interrupted_and_resumed_equals_uninterrupted(tmp_path: Path, precision: str) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    setting = f"run.precision={precision}"
    assert _train(whole, setting) == 0
    # An exhausted budget of wall time stops after each step, as does a pause.
    stops = ("run.pause_steps=5", "run.wall_minutes=1e-6", "run.pause_steps=9", "run.pause_steps=0")
    for number, stop in enumerate(stops):
        code = _train(parts, setting, stop, restart=parts if number else None)
        assert code == (0 if number == 3 else 3)
    expected, found = (read_arrays(path / "checkpoint.npz") for path in (whole, parts))
    assert expected.keys() == found.keys()
    for name in expected:
        if name != "seconds":
            np.testing.assert_array_equal(found[name], expected[name], err_msg=name)
    for row, other in zip(_rows(whole), _rows(parts), strict=True):
        assert {**row, "seconds": ""} == {**other, "seconds": ""}
    for name in ("generator.npz", "samples.png"):
        assert (whole / name).read_bytes() == (parts / name).read_bytes()


def test_run_directory_holds_weights_curve_samples_and_settings(tmp_path: Path) -> None:
    assert _train(tmp_path) == 0
    levels = Generator(load_generator(str(tmp_path / "generator.npz"))).decode(latents(3))
    assert levels.shape == (3, 16, 56)
    weights = read_arrays(tmp_path / "generator.npz")
    assert {array.dtype for array in weights.values()} == {np.dtype(np.float16)}
    assert [int(row["step"]) for row in _rows(tmp_path)] == [6, 12]
    with Image.open(tmp_path / "samples.png") as picture:
        assert picture.size[0] > 2 * 56
    assert "steps = 12" in (tmp_path / "settings.toml").read_text()
    assert not list(tmp_path.glob("*.part"))


def test_training_learns_what_levels_are_made_of(tmp_path: Path) -> None:
    learn = ["run.steps=110", "test.every_steps=110", "gan.batch=16", "gan.average=0.9"]
    assert train(TrainingRequest(TINY, learn, tmp_path)) == 0
    levels = Generator(load_generator(str(tmp_path / "generator.npz"))).decode(latents(50))
    corpus = tile_shares(write_levels(np.random.default_rng(0), 100))
    assert np.abs(tile_shares(levels) - corpus).sum() < 0.6  # at first 1.4: all tiles alike


def test_a_folder_of_levels_is_learnt_from(tmp_path: Path) -> None:
    rows = ["-" * 70] * 14 + ["X" * 70] * 2
    (tmp_path / "level.txt").write_text("\n".join(rows))
    assert _train(tmp_path / "run", f"corpus.folder={tmp_path}", "run.steps=2") == 0


def test_a_signal_stops_after_the_step_and_saves(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "dsage_mpi", "train-generator", str(TINY), "--run-dir"]
    command += [str(tmp_path), "--set", "run.steps=100000", "--set", "test.every_steps=1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("step 1/")
        process.send_signal(signal.SIGTERM)
        rest = process.stdout.read()
        assert process.wait(60) == 3
    assert "--restart" in rest
    assert int(read_arrays(tmp_path / "checkpoint.npz")["steps"]) == len(_rows(tmp_path))


def test_command_line_errors_are_explained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def complaint(*arguments: str) -> str:
        assert main(["train-generator", *arguments, "--run-dir", str(tmp_path / "run")]) == 2
        return capsys.readouterr().err

    assert "does not exist" in complaint(str(tmp_path / "none.toml"))
    message = complaint(str(TINY), "--set", "gan.bach=3", "--set", "networks.channels=20")
    assert "gan.bach" in message
    assert "networks.channels" in message
    assert "corpus.folder" in complaint(str(TINY), "--set", f"corpus.folder={tmp_path}/none")
    message = complaint(str(TINY), "--restart", str(tmp_path / "missing.npz"))
    assert "missing.npz" in message


def test_damaged_or_foreign_checkpoints_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _train(tmp_path, "run.steps=2") == 0
    path = tmp_path / "checkpoint.npz"
    assert _train(tmp_path, "networks.channels=32", restart=path) == 2
    assert "does not fit these settings" in capsys.readouterr().err
    assert main(["train-agent", str(AGENT), "--restart", str(tmp_path)]) == 2
    assert "is the checkpoint of another kind of training" in capsys.readouterr().err
    assert main(["train-agent", str(AGENT), "--run-dir", str(tmp_path)]) == 2
    assert "exists and is not empty" in capsys.readouterr().err
    path.write_bytes(path.read_bytes()[:1000])
    assert _train(tmp_path, restart=path) == 2
    assert "not a readable checkpoint" in capsys.readouterr().err


def test_training_does_not_depend_on_torch_s_own_generator(tmp_path: Path) -> None:
    """Building a network draws initial weights from it, but they are replaced."""
    for seed in (5, 6):
        torch.manual_seed(seed)
        assert _train(tmp_path / str(seed), "run.steps=1") == 0
    first, second = ((tmp_path / name / "generator.npz").read_bytes() for name in "56")
    assert first == second


def test_the_cost_of_impossible_pairs_grows_first_and_changes_last() -> None:
    settings = GanSettings(adjacency=0.04, adjacency_end=0.2)
    costs = [adjacency_cost(settings, progress) for progress in (0, 0.125, 0.25, 0.8, 0.9, 1)]
    assert costs == pytest.approx([0, 0.02, 0.04, 0.04, 0.12, 0.2])
