from __future__ import annotations

import csv
import resource
from pathlib import Path

import pytest

from dsage_mpi.core.state import CheckpointError
from dsage_mpi.training.curve import LearningCurve


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


def test_half_a_row_is_none(tmp_path: Path) -> None:
    """The disk was full: what is left of step 123 would be a second row of step 12."""
    path = tmp_path / "curve.csv"
    path.write_text("step,loss\n11,1\n12,2\n12")
    LearningCurve(path, ["step", "loss"], 100).close()
    assert [row["step"] for row in _rows(path)] == ["11", "12"]


def test_a_disk_that_is_full_at_the_restart_leaves_the_curve(tmp_path: Path) -> None:
    path = tmp_path / "curve.csv"
    path.write_text("step,loss\n" + "".join(f"{step},1\n" for step in range(1, 40)))
    text = path.read_text()
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50, before[1]))
    try:
        with pytest.raises(OSError, match="large"):
            LearningCurve(path, ["step", "loss"], 100)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert path.read_text() == text


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
