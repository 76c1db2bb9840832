from __future__ import annotations

import csv
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from dsage_mpi.training.arrays import read_arrays
from dsage_mpi.training.driver import TrainingRequest
from dsage_mpi.training.maze_agent import train
from dsage_mpi.training.maze_agent.checkpoint import arrays_to_parameters
from tests.training.maze_agent.conftest import MINIMAL, TINY

SUBPROCESS = """
import sys
from pathlib import Path
from dsage_mpi.training.driver import TrainingRequest
from dsage_mpi.training.maze_agent import train
sys.exit(train(TrainingRequest(Path(sys.argv[1]), run_dir=Path(sys.argv[2]))))
"""


def _train(run_dir: Path, *overrides: str, restart: Path | None = None) -> int:
    return train(TrainingRequest(TINY, [*MINIMAL, *overrides], run_dir, restart))


def _rows(run_dir: Path) -> list[dict[str, str]]:
    with (run_dir / "learning_curve.csv").open(newline="") as stream:
        return list(csv.DictReader(stream))


def test_interrupted_and_resumed_equals_uninterrupted(tmp_path: Path) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    assert _train(whole) == 0
    # An exhausted budget of wall time stops after each update, as does a pause.
    for update, stop in enumerate(
        ("run.pause_steps=96", "run.wall_minutes=1e-6", "run.pause_steps=288", "run.pause_steps=96")
    ):
        restart = parts if update else None
        code = _train(parts, stop, restart=restart)
        assert code == (0 if update == 3 else 3)
    expected, found = (read_arrays(path / "checkpoint.npz") for path in (whole, parts))
    assert expected.keys() == found.keys()
    for name in expected:
        if name != "seconds":
            np.testing.assert_array_equal(found[name], expected[name], err_msg=name)
    clock = ("seconds", "steps_per_second")
    for row, other in zip(_rows(whole), _rows(parts), strict=True):
        assert {k: v for k, v in row.items() if k not in clock} == {
            k: v for k, v in other.items() if k not in clock
        }


def test_a_signal_stops_after_the_update_and_saves(tmp_path: Path) -> None:
    command = [sys.executable, "-c", SUBPROCESS, str(TINY), str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("update 1/")
        process.send_signal(signal.SIGTERM)
        rest = process.stdout.read()
        assert process.wait(60) == 3
    assert "--restart" in rest
    assert int(read_arrays(tmp_path / "checkpoint.npz")["updates"]) == len(_rows(tmp_path))


def test_run_directory_holds_weights_curve_and_settings(tmp_path: Path) -> None:
    assert _train(tmp_path) == 0
    weights = read_arrays(tmp_path / "agent.npz")
    assert {array.dtype for array in weights.values()} == {np.dtype(np.float32)}
    arrays_to_parameters(weights)
    assert (tmp_path / "agent.npz").stat().st_size < 2_000_000
    assert (tmp_path / "learning_curve.png").read_bytes().startswith(b"\x89PNG")
    assert "total_steps = 384" in (tmp_path / "settings.toml").read_text()
    rows = _rows(tmp_path)
    assert [int(row["steps"]) for row in rows] == [96, 192, 288, 384]
    assert [bool(row["validation"]) for row in rows] == [False, True, False, True]
    assert not list(tmp_path.glob("*.part"))


def test_training_learns(tmp_path: Path) -> None:
    run = ["validation.every_steps=2048", "ppo.segment=16", "run.total_steps=24576"]
    assert train(TrainingRequest(TINY, run, tmp_path)) == 0
    rows = [row for row in _rows(tmp_path) if float(row["episodes"]) > 0]
    lengths = [float(row["mean_length"]) for row in rows if row["mean_length"]]
    assert np.mean(lengths[-4:]) < 0.6 * np.mean(lengths[:6])


def test_wrong_settings_are_explained(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _train(tmp_path, "ppo.minibatches=3", "ppo.clap=1") == 2
    message = capsys.readouterr().err
    assert "ppo.clap" in message
    assert train(TrainingRequest(tmp_path / "none.toml", run_dir=tmp_path)) == 2
    assert "does not exist" in capsys.readouterr().err
    assert _train(tmp_path, "ppo.minibatches=3") == 2
    assert "must divide ppo.environments" in capsys.readouterr().err


def test_damaged_or_foreign_checkpoints_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _train(tmp_path, "run.total_steps=96") == 0
    path = tmp_path / "checkpoint.npz"
    assert _train(tmp_path, restart=tmp_path / "agent.npz") == 2
    assert "agent.npz holds weights alone" in capsys.readouterr().err
    assert _train(tmp_path, "ppo.environments=16", restart=path) == 2
    assert "does not fit these settings" in capsys.readouterr().err
    path.write_bytes(path.read_bytes()[:1000])
    assert _train(tmp_path, restart=path) == 2
    assert "checkpoint" in capsys.readouterr().err
    assert _train(tmp_path, restart=tmp_path / "missing.npz") == 2
    assert "missing.npz" in capsys.readouterr().err
