"""examples/three_measures: an archive of three dimensions from the input to the figures."""

from __future__ import annotations

import csv

from tests.examples.test_islands import command
from tests.runs import finished
from tests.support import REPOSITORY

HERE = REPOSITORY / "examples" / "three_measures"


def test_a_run_with_three_measures_ends_with_figures(tmp_path):
    small = [
        *("--set", "algorithm.max_evaluations=60"),
        *("--set", "algorithm.initial_solutions=30"),
        *("--set", "inner_loop.iterations=10"),
        *("--set", "surrogate.epochs=1"),
    ]
    run = tmp_path / "run"
    finished(command("coasts.toml", "--run-dir", run, *small, cwd=HERE))
    assert {"archive.png", "levels.png"} <= {path.name for path in (run / "figures").iterdir()}
    with (run / "archive.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) > 10
    for row in rows:
        assert 0 <= float(row["coast"]) <= 4 * float(row["land"])
