"""A run with Voronoi cells: on one rank and three, killed, looked at, drawn."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from ribs.archives import CVTArchive

import dsage_mpi as dm
from dsage_mpi.__main__ import main
from tests.runs import assert_no_difference, digest, finished, kill_when
from tests.support import python

INPUT = """
extends = "{inputs}/maze_tiny.toml"
algorithm.max_evaluations = 40
archive = {{ kind = "cvt", cells = 150 }}
selection.coarse_cells = 30
inner_loop.iterations = 10
surrogate = {{ epochs = 1, threads = 1 }}
report.figures = false
"""


@pytest.fixture(scope="module")
def toml(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("input") / "cvt.toml"
    path.write_text(INPUT.format(inputs=Path(__file__).parents[2] / "inputs"))
    return path


@pytest.fixture(scope="module")
def path(toml: Path) -> Path:
    found = toml.with_name("run")
    finished(python("-m", "dsage_mpi", toml, "--run-dir", found))
    return found


def test_a_killed_run_goes_on_to_the_same_end_on_three_ranks(
    toml: Path, path: Path, tmp_path: Path, mpirun: Callable[..., Any]
) -> None:
    directory = tmp_path / "run"
    arguments = ["-m", "dsage_mpi", toml, "--run-dir", directory]
    keep = ["--set", "checkpoint.min_seconds=0"]
    kill_when([*arguments, *keep], directory / "checkpoints" / "checkpoint-000002.h5")
    finished(mpirun(3, "-m", "dsage_mpi", "--restart", directory))
    assert digest(directory) == digest(path)
    assert_no_difference(path, directory)
    assert main(["verify", str(directory)]) == 0


def test_the_archive_is_one_of_pyribs(path: Path) -> None:
    run = dm.open_run(path)
    assert isinstance(run.archive, CVTArchive)
    assert run.archive.cells == 150
    elites = run.elites()
    cells = np.sort(run.archive.data("index"))
    assert [cell for (cell,) in elites["cell"]] == cells.tolist()
    assert run.metrics()["coverage"].iloc[-1] == pytest.approx(len(elites) / 150)
    assert '<img alt="archive"' in run._repr_html_()


def test_levels_are_found_by_cell_and_by_measures(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = dm.open_run(path)
    elites = run.elites()
    values = elites[list(run.config.archive.measures)].iloc[0]
    cell = elites["cell"].iloc[0]
    assert run.cell_of(values) == cell
    picture = np.asarray(run.render(cell))
    output = tmp_path / "level.png"
    for choice in (["--cell", *cell], ["--measures", *values]):
        arguments = ["render", *choice, path, "--output", output]
        assert main([str(argument) for argument in arguments]) == 0
        shown = capsys.readouterr()
        assert f"cell ({cell[0]},): evaluation {elites.index[0]}" in shown.out
        assert shown.err == ""  # a maze has no path to be missed
        with Image.open(output) as drawn:
            np.testing.assert_array_equal(np.asarray(drawn), picture)
    empty = next(k for k in range(150) if (k,) not in set(elites["cell"]))
    with pytest.raises(dm.RenderError, match=r"is empty; the nearest with an elite is cell \d+$"):
        run.render((empty,))
    with pytest.raises(dm.RenderError, match="the archive has 150, from"):
        run.render((150,))
    with pytest.raises(dm.RenderError, match="expected 2 finite numbers: num_blocks, agent_path"):
        run.cell_of((1.0,))


def test_it_is_drawn(path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plot", str(path), "--output", str(tmp_path)]) == 0
    assert (tmp_path / "archive.png").stat().st_size > 5000
    assert main(["inspect", str(path)]) == 0
    assert "of 150 cells" in capsys.readouterr().out
