from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ribs.archives import GridArchive

from dsage_mpi.report.export import ArchiveTable
from dsage_mpi.report.figures import archive_heatmap, heatmap, style

from ..conftest import make_archive
from .pictures import pixels, share_of


def test_draws_every_elite(tmp_path: Path) -> None:
    shares = []
    for count in (0, 50, 2000):
        path = tmp_path / f"{count}.png"
        archive_heatmap(make_archive(count), path, ("walls (tiles)", "path (steps)"), "Maze")
        assert pixels(path).shape == (900, 1200, 3)
        shares.append(share_of(path, style.EMPTY))
    assert shares[0] > 0.6
    assert shares[0] > shares[1] + 0.02 > shares[2] + 0.04


def test_colours_are_where_the_cells_are(tmp_path: Path) -> None:
    """One elite in the lower right cell: big measure 0, small measure 1."""
    archive = GridArchive(solution_dim=1, dims=[2, 2], ranges=[(0, 1), (0, 1)])
    archive.add([[0.0]], [1.0], [[0.9, 0.1]])
    archive_heatmap(archive, tmp_path / "a.png")
    image = pixels(tmp_path / "a.png").astype(int)
    empty = np.array([int(style.EMPTY[i : i + 2], 16) for i in (1, 3, 5)])
    filled = np.abs(image - empty).max(axis=2) > 40
    assert filled[700:760, 900:1100].all()  # lower right
    assert not filled[150:300, 200:1100].any()  # upper half
    assert not filled[600:760, 200:500].any()  # lower left


def test_shows_any_quantity_of_the_elites(tmp_path: Path, archive: Any) -> None:
    for name, values in (("objective", None), ("evaluation", archive.data("evaluation"))):
        archive_heatmap(archive, tmp_path / f"{name}.png", values=values, value_label=name)
    assert (pixels(tmp_path / "objective.png") != pixels(tmp_path / "evaluation.png")).any()


def test_values_belong_to_the_same_elites_for_archive_and_table(tmp_path: Path) -> None:
    archive = make_archive(100)
    table = ArchiveTable.of(archive)
    archive_heatmap(archive, tmp_path / "a.png", values=archive.data("evaluation"))
    archive_heatmap(table, tmp_path / "t.png", values=table.evaluation)
    np.testing.assert_array_equal(pixels(tmp_path / "a.png"), pixels(tmp_path / "t.png"))


def test_constant_objective(tmp_path: Path) -> None:
    archive = GridArchive(solution_dim=1, dims=[8, 8], ranges=[(0, 1), (0, 1)])
    archive.add(np.zeros((20, 1)), np.ones(20), np.random.default_rng(1).random((20, 2)))
    archive_heatmap(archive, tmp_path / "a.png")
    assert 0.2 < share_of(tmp_path / "a.png", style.EMPTY) < 0.8
    brightest = (253, 231, 37)  # upper end of the colour bar, which would show nothing here
    assert share_of(tmp_path / "a.png", brightest) == 0
    archive_heatmap(archive, tmp_path / "b.png", values=np.arange(len(archive)))
    assert share_of(tmp_path / "b.png", brightest) > 0


@pytest.mark.parametrize("dims", [(4000, 4000), (4001, 2), (1, 3999)])
def test_no_elite_is_lost_among_more_cells_than_pixels(
    tmp_path: Path, dims: tuple[int, int]
) -> None:
    """Ten single cells on a diagonal are ten dots, each where its cell is."""
    archive = GridArchive(solution_dim=1, dims=dims, ranges=[(0, 1), (0, 1)])
    at = np.linspace(0.05, 0.95, 10)
    archive.add(np.zeros((10, 1)), np.ones(10), np.stack([at, at], axis=1))
    path = tmp_path / "a.png"
    archive_heatmap(archive, path, labels=("", ""))
    table = ArchiveTable.of(archive)
    block = heatmap._cells_per_point(table.dims)
    grid = heatmap._grid(table, table.objective, block)
    left, right, bottom, top = heatmap._extent(table, block)
    rows, columns = np.nonzero(grid == 1)
    inside = (pixels(path)[:, :, 0] < 100) & (pixels(path)[:, :, 2] > 100)  # neither grey nor ink
    assert 0 < np.isfinite(grid).sum() == len(rows) <= 10
    assert inside.sum() >= 2 * len(rows)
    cells = np.stack(np.unravel_index(table.index, dims), axis=1) / np.array(dims)
    spots = np.stack([columns * (right - left), rows * (top - bottom)], axis=1) / grid.T.shape
    nearest = np.abs(cells[:, None] - spots[None]).min(axis=1)
    assert (nearest < 1.001 / np.array(grid.T.shape)).all()


def test_a_point_of_many_cells_shows_their_largest_number(table: ArchiveTable) -> None:
    whole = heatmap._grid(table, table.objective, np.array([1, 1]))
    assert whole.shape == (18, 32)
    coarse = heatmap._grid(table, table.objective, np.array([5, 4]))
    assert coarse.shape == (5, 7)
    for row, column in np.ndindex(coarse.shape):
        part = whole[4 * row : 4 * row + 4, 5 * column : 5 * column + 5]
        best = np.nanmax(part) if np.isfinite(part).any() else np.nan
        np.testing.assert_equal(coarse[row, column], best)
    assert heatmap._extent(table, np.array([5, 4])) == (0.0, 280.0, 0.0, 720.0)


def test_refuses_what_it_cannot_draw(tmp_path: Path, archive: Any) -> None:
    line = GridArchive(solution_dim=1, dims=[8], ranges=[(0, 1)])
    with pytest.raises(ValueError, match="needs 2 measures, the archive has 1"):
        archive_heatmap(line, tmp_path / "a.png")
    with pytest.raises(ValueError, match=r"shape \(3,\); expected one per elite"):
        archive_heatmap(archive, tmp_path / "a.png", values=[1, 2, 3])
    assert os.listdir(tmp_path) == []


def test_needs_no_display_and_leaves_matplotlib_alone(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from ribs.archives import GridArchive\n"
        "from dsage_mpi.report import figures\n"
        "assert 'matplotlib' not in sys.modules\n"
        "import matplotlib; before = dict(matplotlib.rcParams)\n"
        "a = GridArchive(solution_dim=1, dims=[4, 4], ranges=[(0, 1), (0, 1)])\n"
        "figures.archive_heatmap(a, Path(sys.argv[1]))\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
        "assert dict(matplotlib.rcParams) == before"
    )
    environment = {**os.environ, "MPLBACKEND": "tkagg", "DISPLAY": ""}
    command = [sys.executable, "-c", script, str(tmp_path / "a.png")]
    subprocess.run(command, check=True, timeout=120, env=environment)
    assert (tmp_path / "a.png").stat().st_size > 1000
