from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ribs.archives import CVTArchive

from dsage_mpi.report.export import ArchiveTable
from dsage_mpi.report.figures import style, voronoi_heatmap
from dsage_mpi.report.figures.axes import archive_axes, archive_profile

from .pictures import colours_in, pixels, share_of

RNG = np.random.default_rng(2)
#: A measure from 0 to 1 and one from 0 to 1000: what is square here is not in their units.
RANGES = np.array([[0.0, 0.0], [1.0, 1000.0]])


def cvt(count: int, measures: int = 2, cells: int = 100) -> Any:
    low, high = RANGES[:, [0, 1, 0, 1][:measures]]
    centroids = low + RNG.random((cells, measures)) * (high - low)
    archive = CVTArchive(
        solution_dim=1, centroids=centroids, ranges=list(zip(low, high, strict=True))
    )
    if count:
        cells_found = RNG.choice(cells, count, replace=False)
        archive.add(np.zeros((count, 1)), RNG.random(count), centroids[cells_found])
    return archive


def test_the_share_of_filled_cells_is_coloured(tmp_path: Path) -> None:
    empty, half, full = (cvt(count) for count in (0, 50, 100))
    shares = []
    for number, archive in enumerate((empty, half, full)):
        path = tmp_path / f"{number}.png"
        voronoi_heatmap(archive, path, ("a", "b"), "T")
        shares.append(share_of(path, style.EMPTY))
    assert shares[0] > shares[1] > shares[2]
    assert shares[0] > 0.5
    assert shares[2] < 0.02
    assert colours_in(tmp_path / "2.png") > 50


def test_a_cell_is_drawn_where_it_is(tmp_path: Path) -> None:
    """Of four cells, one in each quarter, the upper left one is filled."""
    centroids = np.array([[0.25, 250], [0.75, 250], [0.25, 750], [0.75, 750]])
    archive = CVTArchive(
        solution_dim=1, centroids=centroids, ranges=list(zip(*RANGES, strict=True))
    )
    archive.add(np.zeros((1, 1)), [1.0], [[0.2, 800.0]])
    voronoi_heatmap(archive, tmp_path / "a.png", ("", ""))
    image = pixels(tmp_path / "a.png")
    blank = np.array([int(style.EMPTY[k : k + 2], 16) for k in (1, 3, 5)])
    inside = (image == blank).all(axis=2)
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    top, left = rows.min(), columns.min()
    height, width = np.ptp(rows), np.ptp(columns)
    quarter = inside[top + height // 10 : top + 4 * height // 10]
    assert not quarter[:, left + width // 10 : left + 4 * width // 10].any()
    assert quarter[:, left + 6 * width // 10 : left + 9 * width // 10].all()


def test_other_numbers_than_the_objective(tmp_path: Path) -> None:
    archive = cvt(40)
    for name, values in (("plain", None), ("one", np.ones(40)), ("count", np.arange(40.0))):
        voronoi_heatmap(archive, tmp_path / f"{name}.png", values=values, value_label=name)
    assert len({(tmp_path / f"{n}.png").read_bytes() for n in ("plain", "one", "count")}) == 3


def test_refuses_what_it_cannot_draw(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="needs 2 measures, the archive has 4"):
        voronoi_heatmap(cvt(5, 4), tmp_path / "a.png")
    assert not list(tmp_path.iterdir())


def test_any_number_of_measures(tmp_path: Path) -> None:
    archive_profile(ArchiveTable.of(cvt(30, 1)), tmp_path / "profile.png")
    archive_axes(ArchiveTable.of(cvt(60, 4)), tmp_path / "axes.png")
    assert colours_in(tmp_path / "profile.png") > 2
    assert colours_in(tmp_path / "axes.png") > 20


def test_a_profile_s_bars_are_as_wide_as_their_cells(tmp_path: Path) -> None:
    centroids = np.array([[0.9], [0.1], [0.3]])  # cells from 0.6, 0 and 0.2 on
    archive = CVTArchive(solution_dim=1, centroids=centroids, ranges=[(0, 1)])
    archive.add(np.zeros((1, 1)), [1.0], [[0.9]])
    archive_profile(ArchiveTable.of(archive), tmp_path / "a.png")
    image = pixels(tmp_path / "a.png")
    bar = np.array([int(style.BLUE[k : k + 2], 16) for k in (1, 3, 5)])
    width = np.ptp(np.flatnonzero((image == bar).all(axis=2).any(axis=0)))
    assert width / image.shape[1] == pytest.approx(0.4, abs=0.06)


def test_no_line_crosses_the_numbers_at_parallel_axes(tmp_path: Path) -> None:
    """One elite whose line would run through the "0.4" of the second axis."""
    archive = CVTArchive(solution_dim=1, centroids=np.full((1, 3), 0.4), ranges=[(0, 1)] * 3)
    archive.add(np.zeros((1, 1)), [1.0], np.full((1, 3), 0.4))
    archive_axes(ArchiveTable.of(archive), tmp_path / "a.png", ("a", "b", "c"))
    image = pixels(tmp_path / "a.png").astype(int)
    teal = (image[:, :, 1] - image[:, :, 0] > 20) & (image[:, :, 1] > 120)
    row = int(np.argmax(teal.sum(axis=1)))
    line = np.flatnonzero(teal[row])
    gaps = np.diff(line)
    assert gaps.max() > 15  # a label's width
