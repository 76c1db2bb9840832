from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dsage_mpi.farm.outcome import RankStats
from dsage_mpi.report.ranks import rank_table, read_ranks, write_ranks
from dsage_mpi.report.summary import duration, run_summary
from dsage_mpi.rundir.run_directory import RunDirectory

Row = Callable[..., dict[str, Any]]


def usage(rank: int, idle: float = 10.0, failures: int = 0) -> RankStats:
    return RankStats(rank, f"node{rank % 2}", 100 + rank, failures, 10, 90.0, idle)


def test_says_what_a_user_wants_to_know(tmp_path: Path, metric_row: Row) -> None:
    run_dir = RunDirectory.create(tmp_path / "run", "m")
    (run_dir.figures / "archive.png").write_bytes(b"")
    run_dir.metrics.write_text("")
    (run_dir.checkpoints / "checkpoint-000002.h5").write_bytes(b"")
    text = run_summary(
        run_dir,
        [metric_row(1), metric_row(2, failures=3, objective_best=1.0, objective_mean=0.99)],
        title="dsage on maze, seed 1",
        max_evaluations=12500,
        cells=41472,
        ranks=[usage(1), usage(2, failures=3)],
    )
    assert text.splitlines()[0] == "dsage on maze, seed 1"
    for part in (
        "200 of 12 500 (3 failed, see failures.jsonl)",
        "QD-score       99.00",
        "2.00 % (100 of 41 472 cells)",
        "best 1, mean 0.99",
        "objective 0.05, agent path length 45, num blocks 2.5, occupancy 0.3",
        "wall time      4.0 s, all starts",
        "simulating 75 %",
        "figures/archive.png",
        "metrics.csv",
        "1 checkpoint(s)",
        f"Results in {run_dir.path}/",
    ):
        assert part in text
    assert "archive.npz" not in text  # not there, not listed
    assert max(map(len, text.splitlines())) <= 100


def test_a_run_without_a_row_has_a_summary(tmp_path: Path) -> None:
    assert "no outer iteration" in run_summary(RunDirectory(tmp_path), [])


def test_few_ranks_are_listed_many_are_summed_up() -> None:
    few = rank_table([usage(1), usage(2, idle=90.0)])
    assert len(few) == 3
    assert few[2].split() == ["2", "node0", "102", "0", "90.0", "90.0", "50", "%"]
    many = rank_table(
        [usage(r, idle=90.0 if r == 77 else 10.0, failures=int(r == 9)) for r in range(1, 1000)]
    )
    assert len(many) <= 5
    text = "\n".join(many)
    assert "999 simulating ranks on 2 host(s)" in text
    assert "rank 77: 50 %" in text
    assert "1 on 1 rank(s) (rank 9: 1)" in text
    assert rank_table([]) == []


def test_ranks_that_never_worked() -> None:
    assert "0 %" in rank_table([RankStats(1, "n")])[1]


def test_ranks_csv(tmp_path: Path) -> None:
    ranks = [usage(1), usage(2, failures=3)]
    write_ranks(tmp_path / "ranks.csv", ranks)
    rows = read_ranks(tmp_path / "ranks.csv")
    assert rank_table(rows) == rank_table(ranks)
    assert read_ranks(tmp_path / "none.csv") == []
    (tmp_path / "bad.csv").write_text("rank\nx\n")
    assert read_ranks(tmp_path / "bad.csv") == []


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.04, "0.0 s"),
        (59.94, "59.9 s"),
        (59.96, "1 min 00 s"),
        (222, "3 min 42 s"),
        (18432, "5 h 07 min"),
    ],
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_what_an_archive_clips_is_told(tmp_path: Path, metric_row: Row) -> None:
    run_dir = RunDirectory.create(tmp_path / "run", "m")
    counts = {"jumps_below": 0, "jumps_above": 3, "sky_tiles_below": 0, "sky_tiles_above": 0}
    rows = [metric_row(1, **counts), metric_row(2, **counts)]
    assert "clipped        6 evaluations with jumps above the range" in run_summary(run_dir, rows)
    inside = [metric_row(1, **dict.fromkeys(counts, 0)), metric_row(2)]
    assert "clipped" not in run_summary(run_dir, inside)
