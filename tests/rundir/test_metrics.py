from __future__ import annotations

import csv
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dsage_mpi.rundir.metric_columns import RESULT_COLUMNS, TIMING_COLUMNS
from dsage_mpi.rundir.metrics import Metrics, MetricsError, read_metrics

MEASURES = ("num_blocks", "agent_path_length")
Row = Callable[..., dict[str, Any]]


@pytest.fixture
def metrics(tmp_path: Path) -> Metrics:
    return Metrics(tmp_path / "metrics.csv", MEASURES)


def test_columns() -> None:
    metrics = Metrics(Path("unused"), MEASURES)
    scores = ("below", "above", "mae", "constant_mae", "r2", "spearman", "inside_50", "inside_90")
    of_measures = {f"{measure}_{score}" for measure in MEASURES for score in scores}
    assert set(RESULT_COLUMNS) | of_measures == set(metrics.result_columns)
    assert not set(metrics.result_columns) & set(TIMING_COLUMNS)
    assert {c.name for c in metrics.columns} == {*metrics.result_columns, *TIMING_COLUMNS}
    assert all(column.description for column in metrics.columns)


def test_every_row_is_on_disk_at_once(metrics: Metrics, metric_row: Row) -> None:
    for iteration in (1, 2):
        metrics.append(metric_row(iteration))
        with metrics.path.open(newline="") as file:
            assert len(list(csv.DictReader(file))) == iteration


def test_numbers_survive_exactly(metrics: Metrics, metric_row: Row) -> None:
    values = {"qd_score": 0.1 + 0.2, "coverage": np.float32(0.1), "failures": np.int64(3)}
    metrics.append(metric_row(1, **values, objective_best=float("nan"), train_s=None))
    (row,) = read_metrics(metrics.path)
    assert row == metrics.rows[0]
    assert row["qd_score"] == 0.1 + 0.2
    assert row["coverage"] == float(np.float32(0.1))
    assert type(row["failures"]) is int
    assert row["objective_best"] is None
    assert row["train_s"] is None


def test_restart_goes_back_to_the_checkpoint_exactly(
    tmp_path: Path, metrics: Metrics, metric_row: Row
) -> None:
    for iteration in (1, 2, 3):
        metrics.append(metric_row(iteration, qd_score=iteration / 3))
    at_checkpoint, state = metrics.path.read_bytes(), metrics.state()
    metrics.append(metric_row(4))
    with metrics.path.open("a") as file:
        file.write("5,500,")  # killed in the middle of a line

    restarted = Metrics(metrics.path, MEASURES)
    restarted.load_state(state)
    assert metrics.path.read_bytes() == at_checkpoint
    assert restarted.rows == metrics.rows[:3]
    restarted.append(metric_row(4))
    uninterrupted = Metrics(tmp_path / "other.csv", MEASURES)
    for row in restarted.rows:
        uninterrupted.append(row)
    assert metrics.path.read_bytes() == uninterrupted.path.read_bytes()


def test_state_is_a_tree_of_arrays(metrics: Metrics, metric_row: Row) -> None:
    metrics.append(metric_row(1))
    columns = metrics.state()["columns"]
    assert {a.dtype for a in columns.values()} == {np.dtype(np.int64), np.dtype(np.float64)}
    assert columns["selected"].tolist() == [-1]
    assert np.isnan(columns["objective_mae"]).all()


def test_state_without_rows(metrics: Metrics, metric_row: Row) -> None:
    state = metrics.state()
    metrics.append(metric_row(1))
    metrics.load_state(state)
    assert metrics.rows == []
    assert read_metrics(metrics.path) == []


def test_state_of_other_measures_is_refused(tmp_path: Path, metrics: Metrics) -> None:
    other = Metrics(tmp_path / "other.csv", ("frac_explored_cells",))
    with pytest.raises(MetricsError, match="frac_explored_cells_mae"):
        other.load_state(metrics.state())


def test_a_fresh_run_replaces_an_old_file(metrics: Metrics, metric_row: Row) -> None:
    metrics.path.write_text("something old\n")
    metrics.append(metric_row(1))
    assert len(read_metrics(metrics.path)) == 1


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"qdscore": 1.0}, "unknown column.*qdscore"),
        ({"qd_score": None}, "required.*qd_score"),
        ({"evaluations": 1.5}, "evaluations = 1.5: expected a whole number"),
        ({"evaluations": -1}, "evaluations = -1"),
        ({"failures": True}, "failures = True"),
        ({"coverage": "much"}, "coverage = 'much': expected a number"),
    ],
)
def test_wrong_rows_are_refused(
    metrics: Metrics, metric_row: Row, wrong: dict[str, Any], message: str
) -> None:
    with pytest.raises(MetricsError, match=message):
        metrics.append(metric_row(1, **wrong))
    assert metrics.rows == []
    assert not metrics.path.exists()


def test_a_full_disk_keeps_the_row(
    metrics: Metrics, metric_row: Row, caplog: pytest.LogCaptureFixture
) -> None:
    metrics.append(metric_row(1))
    aside = metrics.path.rename(metrics.path.with_suffix(".aside"))
    metrics.path.mkdir()  # writing fails, as on a disk that is gone
    metrics.append(metric_row(2))
    assert "cannot write" in caplog.text
    metrics.path.rmdir()
    aside.unlink()
    metrics.append(metric_row(3))
    assert [row["iteration"] for row in read_metrics(metrics.path)] == [1, 2, 3]


def test_results_leave_the_clock_out(metrics: Metrics, metric_row: Row) -> None:
    metrics.append(metric_row(1, total_s=1.0))
    other = Metrics(metrics.path.with_name("other.csv"), MEASURES)
    other.append(metric_row(1, total_s=2.0, idle_share=0.9))
    assert metrics.results() == other.results()
    other.append(metric_row(2))
    assert metrics.results() != other.results()


def test_reading_ignores_an_unfinished_line(metrics: Metrics, metric_row: Row) -> None:
    metrics.append(metric_row(1))
    with metrics.path.open("a") as file:
        file.write("2,20")
    assert len(read_metrics(metrics.path)) == 1


def test_reading_says_what_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(MetricsError, match="cannot read"):
        read_metrics(tmp_path / "none.csv")
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    with pytest.raises(MetricsError, match=r"is no metrics\.csv"):
        read_metrics(tmp_path / "other.csv")
    (tmp_path / "broken.csv").write_text("iteration,evaluations\n1,100\n2,many\n")
    with pytest.raises(MetricsError, match="line 3"):
        read_metrics(tmp_path / "broken.csv")


def test_a_checkpoint_of_before_a_column_existed_is_continued(
    tmp_path: Path, metrics: Metrics, metric_row: Row
) -> None:
    metrics.append(metric_row(1))
    state = metrics.state()
    del state["columns"]["yield"]
    later = Metrics(tmp_path / "later.csv", MEASURES)
    later.load_state(state)
    assert later.rows == metrics.rows
    later.append(metric_row(2, **{"yield": 0.5}))
    assert [row["yield"] for row in read_metrics(later.path)] == [None, 0.5]


def test_every_column_is_documented() -> None:
    documentation = Path(__file__).parents[2] / "docs" / "outputs.md"
    text = documentation.read_text(encoding="utf-8")
    names = [column.name for column in Metrics(Path("unused"), ("<measure>",)).columns]
    assert [name for name in names if f"`{name}`" not in text] == []


def test_the_example_on_the_page_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (Path(__file__).parents[2] / "docs" / "outputs.md").read_text(encoding="utf-8")
    block = page[page.index("    import csv\n") :].partition("\n\n")[0]
    path = tmp_path / "runs" / "maze_quick-0001" / "metrics.csv"
    path.parent.mkdir(parents=True)
    path.write_text("iteration,evaluations,train_s\n1,100,\n2,130,0.5\n")
    monkeypatch.chdir(tmp_path)
    found: dict[str, Any] = {}
    exec(textwrap.dedent(block), found)
    assert [row["evaluations"] for row in found["texts"]] == ["100", "130"]
    rows = read_metrics(path)
    assert [row["evaluations"] for row in rows] == [100, 130]
    assert rows[0]["train_s"] is None
