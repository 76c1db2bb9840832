from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

from dsage_mpi.report.figures import curves, learning_curves, style
from dsage_mpi.rundir.metrics import Metrics, read_metrics

from .pictures import pixels, share_of

Row = Callable[..., dict[str, Any]]


def test_draws_what_metrics_csv_holds(tmp_path: Path, metric_row: Row) -> None:
    metrics = Metrics(tmp_path / "metrics.csv", ("num_blocks", "agent_path_length"))
    for iteration in range(1, 9):
        metrics.append(metric_row(iteration))
    path = tmp_path / "curves.png"
    learning_curves(read_metrics(metrics.path), path, {"num_blocks": "tiles"}, "maze")
    height, width, _ = pixels(path).shape
    assert width == 1500
    assert height > 1000
    for colour in (style.BLUE, style.GREEN, style.RED, style.AMBER, style.PURPLE):
        assert share_of(path, colour) > 0.0002


def test_without_a_surrogate_there_is_no_error_panel(tmp_path: Path, metric_row: Row) -> None:
    rows = [metric_row(1) | {"iteration": i, "evaluations": 100 * i} for i in range(1, 100)]
    learning_curves(rows, tmp_path / "curves.png")
    assert share_of(tmp_path / "curves.png", style.RED) == 0
    assert pixels(tmp_path / "curves.png").shape[0] < 900


@pytest.mark.parametrize("count", [0, 1, 2])
def test_short_runs(tmp_path: Path, metric_row: Row, count: int) -> None:
    learning_curves([metric_row(i + 1) for i in range(count)], tmp_path / "curves.png")
    assert pixels(tmp_path / "curves.png").std() > 5


@pytest.mark.parametrize(
    ("values", "top"),
    [([0.0, 0.0], 1.0), ([0.0, 0.04], 0.042), ([], 1.0), ([0.38, 0.4], 0.42)],
)
def test_heights_are_seen_from_zero_with_room_above(values: list[float], top: float) -> None:
    axes = Figure().add_subplot()
    axes.plot(values)
    curves._over_evaluations(axes)
    assert axes.get_ylim() == pytest.approx((0.0, top))


def test_means_of_what_is_too_much_for_bars_of_its_own() -> None:
    values = np.arange(7.0)
    np.testing.assert_array_equal(curves._means(values, np.array([0, 3, 6])), [1.0, 4.0, 6.0])
    np.testing.assert_array_equal(curves._means(values, np.arange(7)), values)


def test_rare_checkpoints_of_a_long_run_are_seen(tmp_path: Path, metric_row: Row) -> None:
    """One in 40 of 4000 iterations wrote one, each of which took half of all 40's time."""
    rows = [
        metric_row(1, checkpoint_s=40.0 if i % 40 == 0 else None, evaluate_s=1.0, total_s=1.0)
        | {"iteration": i + 1, "evaluations": 10 * (i + 1), "idle_share": None}
        for i in range(4000)
    ]
    learning_curves(rows, tmp_path / "a.png")
    shown = share_of(tmp_path / "a.png", style.PURPLE), share_of(tmp_path / "a.png", style.AMBER)
    assert shown[0] == pytest.approx(shown[1], rel=0.1)
