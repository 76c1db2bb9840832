"""What a run shows: tables, archive, surrogate, pictures."""

from __future__ import annotations

import base64
import io
import re
import shutil
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from PIL import Image

import dsage_mpi as dm
from dsage_mpi.rundir.metrics import read_metrics
from tests.api.conftest import INPUT, SMALL
from tests.runs import kill_when

MEASURES = ["num_blocks", "agent_path_length"]


def test_elites_are_the_exported_ones(run: dm.Run) -> None:
    assert run.path is not None
    exported = pd.read_csv(run.path / "archive.csv")
    elites = run.elites()
    assert elites.index.to_list() == exported["evaluation"].to_list()
    for name in ("objective", *MEASURES, "solvability"):
        assert elites[name].to_list() == exported[name].to_list()
    cells = np.ravel_multi_index(np.array(elites["cell"].to_list()).T, (32, 27))
    assert cells.tolist() == exported["cell"].to_list()


def test_evaluations_and_their_levels(run: dm.Run) -> None:
    evaluations, elites = run.evaluations(), run.elites()
    assert len(evaluations) == len(run.levels) == len(run.solutions) == 40
    assert evaluations.loc[elites.index, MEASURES].equals(elites[MEASURES])
    assert evaluations["iteration"].to_list() == [1] * 20 + [2] * 10 + [3] * 10
    assert not evaluations["failed"].any()
    walls = (run.levels == 1).sum(axis=(1, 2))
    assert evaluations["num_blocks"].to_list() == walls.tolist()


def test_metrics_are_those_of_the_file(run: dm.Run) -> None:
    assert run.path is not None
    rows = pd.DataFrame(read_metrics(run.path / "metrics.csv")).set_index("iteration")
    pd.testing.assert_frame_equal(run.metrics(), rows.astype(float), check_dtype=False)


def test_the_archive_is_pyribs_own(run: dm.Run) -> None:
    archive, elites = run.archive, run.elites()
    fields = ["index", "objective", "evaluation"]  # tables have no room for levels
    data = archive.data(fields, return_type="pandas").sort_values("index")
    assert data["evaluation"].to_list() == elites.index.to_list()
    assert archive.stats.num_elites == len(elites)
    mpl.use("agg")
    from matplotlib import pyplot
    from ribs.visualize import grid_archive_heatmap

    grid_archive_heatmap(archive)
    pyplot.close()


def test_the_surrogate_predicts_as_in_the_run(run: dm.Run) -> None:
    assert run.surrogate is not None
    predicted = run.surrogate.predict(run.levels)
    assert predicted.objective.shape == (40,)
    assert predicted.measures.shape == (40, 2)
    assert predicted.occupancy is not None
    walls = np.abs(predicted.measures[:, 0] - run.evaluations()["num_blocks"]).mean()
    assert walls < 40
    assert run.surrogate.trained


def test_levels_are_drawn(run: dm.Run) -> None:
    elites = run.elites()
    number, cell = elites.index[2], elites["cell"].iloc[2]
    assert np.asarray(run.render(cell=cell)).shape == (288, 288, 3)
    picture = np.asarray(run.render(cell=cell, rollout=None))
    np.testing.assert_array_equal(picture, run.domain.render(run.levels[number]))
    np.testing.assert_array_equal(picture, np.asarray(run.render(evaluation=number, rollout=None)))
    large = np.asarray(run.render(cell, rollout=None, scale=3))
    np.testing.assert_array_equal(large[1::3, 2::3], picture)
    assert run.render().size == (picture.shape[1], picture.shape[0])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"cell": (0, 26)}, r"cell \(0, 26\) is empty; the nearest with an elite is cell \d+ \d+"),
        ({"cell": (32, 0)}, r"no cell \(32, 0\): the archive has 32 x 27"),
        ({"cell": (1,)}, r"no cell \(1,\): the archive has 32 x 27"),
        ({"scale": 0}, "scale = 0: expected a whole number, 1 to 16"),
        ({"scale": 1.5}, r"scale = 1\.5: expected a whole number, 1 to 16"),
        ({"evaluation": 40}, "no evaluation 40: the run has 40, numbered from 0"),
    ],
)
def test_what_is_not_there_is_not_drawn(
    run: dm.Run, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(dm.RenderError, match=message):
        run.render(**arguments)


def test_mazes_are_filmed_too(run: dm.Run, tmp_path: Path) -> None:
    with Image.open(run.film(tmp_path / "a.gif")) as film:
        assert film.size == (288, 288)
    with pytest.raises(dm.RenderError, match=r"ends in \.gif or \.mp4"):
        run.film(tmp_path / "a.png")
    with pytest.raises(dm.MovieError, match="make that folder first"):
        run.film(tmp_path / "nowhere" / "a.gif")


def test_mario_is_filmed(tmp_path: Path) -> None:
    overrides = {
        "algorithm": {"method": "domain_randomization", "max_evaluations": 2},
        "emitters": {"batch_size": 2, "count": 1},
        "report.figures": False,
    }
    config = dm.load_config(INPUT.with_name("mario_tiny.toml"), overrides=overrides)
    run = dm.illuminate(config, run_dir=tmp_path / "run", quiet=True)
    assert run is not None
    assert run.surrogate is None
    path = run.film(tmp_path / "best.gif", scale=2)
    with Image.open(path) as film:
        assert getattr(film, "n_frames", 0) > 10
    still, bare = np.asarray(run.render()), run.domain.render(run.levels[run.elites().index[0]])
    assert still.shape == bare.shape
    with pytest.raises(dm.RenderError, match="no rollout 99"):
        run.render(rollout=99)


def test_a_notebook_shows_numbers_archive_and_levels(run: dm.Run) -> None:
    shown = run._repr_html_()
    for text in ("dsage on maze, seed 3", "40 of 40", "QD-score", "done", str(run.path)):
        assert text in shown
    pictures = re.findall(r'<img alt="([^"]*)"[^>]*base64,([^"]*)"', shown)
    assert [what for what, _ in pictures] == ["archive", "6 levels"]
    for _, data in pictures:
        with Image.open(io.BytesIO(base64.b64decode(data))) as picture:
            assert picture.format == "PNG"


def test_a_checkpoint_alone_is_enough(run: dm.Run, tmp_path: Path) -> None:
    alone = dm.open_run(shutil.copy(run.checkpoint, tmp_path / "alone.h5"))
    assert (alone.path, alone.state, alone.digest) == (None, "unknown", run.digest)
    assert "alone.h5: dsage on maze, seed 3, unknown, 40 evaluations" in repr(alone)
    with pytest.raises(dm.CheckpointError, match="nothing to reload"):
        alone.reload()


def test_a_killed_run_can_be_looked_at_and_continued(run: dm.Run, tmp_path: Path) -> None:
    path = tmp_path / "run"
    program = f"import dsage_mpi as dm; dm.illuminate(dm.load_config({str(INPUT)!r}, seed=3, "
    program += f"overrides={SMALL!r}), run_dir={str(path)!r})"
    kill_when(["-c", program], path / "checkpoints" / "checkpoint-000002.h5")
    killed = dm.open_run(path)
    assert killed.state == "dead"
    assert len(killed.evaluations()) in (30, 40)
    continued = dm.illuminate(restart=path, quiet=True)
    assert continued is not None
    assert continued.digest == run.digest


def test_there_must_be_a_run(tmp_path: Path) -> None:
    with pytest.raises(dm.RunDirectoryError, match="does not look like a run directory"):
        dm.open_run(tmp_path)


def test_columns_without_a_value_are_numbers(run: dm.Run) -> None:
    metrics = run.metrics()
    assert not len(metrics.select_dtypes(object).columns)
    assert metrics["train_loss"].isna().any()


def test_a_cell_and_an_evaluation_are_not_drawn_together(run: dm.Run) -> None:
    with pytest.raises(ValueError, match="both given: expected one"):
        run.render(cell=(0, 0), evaluation=3)


def test_a_step_shows_itself_as_a_run_does(config: dm.Config) -> None:
    html = next(iter(dm.iterate(config)))._repr_html_()
    assert html.count("<img") == 2
    assert "20 of 40" in html
