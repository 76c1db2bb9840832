from __future__ import annotations

import csv
from pathlib import Path

import pytest

from dsage_mpi.checkpoint.tree import CheckpointError
from dsage_mpi.trainers.curve import LearningCurve


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def test_rows_after_the_checkpoint_are_cut(tmp_path: Path) -> None:
    path = tmp_path / "curve.csv"
    curve = LearningCurve(path, ["step", "loss"], 0)
    for step in (10, 20, 30):
        curve.add({"step": step, "loss": 1.0 / 3.0, "not a column": 5})
    curve.close()
    again = LearningCurve(path, ["step", "loss"], 21)
    again.add({"step": 30, "loss": 0.25})
    again.close()
    assert _rows(path) == [
        {"step": "10", "loss": "0.333333"},
        {"step": "20", "loss": "0.333333"},
        {"step": "30", "loss": "0.25"},
    ]


def test_a_new_training_begins_a_new_curve(tmp_path: Path) -> None:
    path = tmp_path / "curve.csv"
    for _ in range(2):
        curve = LearningCurve(path, ["step"], 0)
        curve.add({"step": 1})
        curve.close()
    assert _rows(path) == [{"step": "1"}]


@pytest.mark.parametrize("text", ["update,loss\n1,2\n", "step,loss\n,2\n", "step,loss\nx\n"])
def test_another_curve_is_refused_and_kept(tmp_path: Path, text: str) -> None:
    path = tmp_path / "curve.csv"
    path.write_text(text)
    with pytest.raises(CheckpointError, match=r"curve\.csv is not the learning curve"):
        LearningCurve(path, ["step", "loss"], 5)
    assert path.read_text() == text
