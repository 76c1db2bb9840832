"""Exact curves: the replayed record is the archive of pyribs, evaluation by evaluation."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from dsage_mpi.archives import build_archives
from dsage_mpi.archives.bounded import BoundedGridArchive
from dsage_mpi.archives.grid import GridSettings
from dsage_mpi.run.load_run import find_stored
from dsage_mpi.study.clock import clock_of
from dsage_mpi.study.history import replay
from dsage_mpi.study.stored import read_run

GRID = GridSettings(measures=("a", "b"), dims=(4, 3), ranges=((0, 1), (0, 1)))


def one_by_one(objective, measures, failed):
    archive = BoundedGridArchive(solution_dim=1, dims=GRID.dims, ranges=GRID.ranges)
    scores, elites = [], []
    for k in range(len(objective)):
        if not failed[k]:
            archive.add([[0.0]], objective[k : k + 1], measures[k : k + 1])
        scores.append(float(archive.stats.obj_mean or 0) * len(archive))
        elites.append(len(archive))
    return scores, elites


def test_the_same_as_adding_one_by_one():
    rng = np.random.default_rng(0)
    objective = rng.integers(0, 4, 200) / 3  # ties are common
    measures = rng.uniform(-0.2, 1.2, (200, 2))  # some beyond the grid
    failed = rng.random(200) < 0.2
    objective[failed], measures[failed] = np.nan, np.nan
    history = replay(build_archives(GRID, 0), objective, measures, failed)
    scores, elites = one_by_one(objective, measures, failed)
    np.testing.assert_allclose(history.qd_score, scores)
    np.testing.assert_array_equal(history.elites, elites)
    np.testing.assert_array_equal(history.coverage, np.array(elites) / 12)
    assert history.best[-1] == np.nanmax(objective)


def test_failures_alone():
    history = replay(
        build_archives(GRID, 0), np.full(3, np.nan), np.full((3, 2), np.nan), np.ones(3, bool)
    )
    np.testing.assert_array_equal(history.qd_score, 0)
    assert np.isnan(history.best).all()
    assert history.first_at(0.5) is None


def test_the_first_evaluation_that_reaches_a_target():
    measures = np.array([[0.1, 0.1], [0.1, 0.1], [0.9, 0.9]])
    history = replay(
        build_archives(GRID, 0), np.array([1.0, 0.5, 2.0]), measures, np.zeros(3, bool)
    )
    assert [history.first_at(t) for t in (0.5, 1.0, 1.1, 3.0, 3.1)] == [1, 1, 3, 3, None]


def test_a_run_s_curve_goes_through_its_metrics(study):
    run = read_run(study.runs[0].path)
    with (study.runs[0].path / "metrics.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) > 2
    for row in rows:
        at = int(row["evaluations"]) - 1
        assert run.history.qd_score[at] == pytest.approx(float(row["qd_score"]), abs=1e-9)
        assert run.history.elites[at] == int(row["archive_size"])
        assert run.history.coverage[at] == pytest.approx(float(row["coverage"]))
    total = sum(float(row["total_s"]) for row in rows)
    assert run.clock.wall[-1] == pytest.approx(total)
    assert (np.diff(run.clock.wall) >= 0).all()
    assert 0 < run.clock.cpu[-1] <= total
    stored = find_stored(study.runs[0].path)
    assert sorted(stored.tree["archive"]["index"]) == run.elites.index.tolist()


def test_times_of_evaluations_of_two_iterations(study):
    config = study.configs["me"].model_copy(
        update={"surrogate": study.configs["me"].surrogate.model_copy(update={"threads": 2})}
    )
    columns = {
        "evaluations": np.array([2, 4]),
        "total_s": np.array([10.0, 8.0]),
        "evaluate_s": np.array([10.0, 4.0]),
        "train_s": np.array([np.nan, 3.0]),
        "inner_s": np.array([np.nan, 1.0]),
        "idle_share": np.array([0.0, 0.5]),
    }
    clock = clock_of(columns, config, ranks=4, evaluations=4)
    np.testing.assert_allclose(clock.wall, [5, 10, 16, 18])
    # Three ranks simulate for 10 s, then for half of 8 s; two threads train for 4 s.
    np.testing.assert_allclose(clock.cpu, [15, 30, 30 + 8 + 6, 30 + 8 + 12])
