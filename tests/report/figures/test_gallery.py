from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from dsage_mpi.report.export import ArchiveTable
from dsage_mpi.report.figures import archive_gallery, gallery, level_gallery, select_diverse

from .pictures import pixels, render, share_of

RANGES = np.array([[0.0, 0.0], [1.0, 1.0]])


def test_selection_is_spread_out() -> None:
    rng = np.random.default_rng(1)
    crowd = np.concatenate([rng.normal(0.5, 0.01, (500, 2)), np.array([[0, 0], [1, 1], [0, 1.0]])])
    assert set(select_diverse(crowd, RANGES, 4)[1:]) == {500, 501, 502}


def test_selection_weighs_measures_by_their_range() -> None:
    points = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 300.0]])
    wide = np.array([[0.0, 0.0], [1.0, 10000.0]])
    assert 2 not in select_diverse(points, wide, 2)


@pytest.mark.parametrize(
    ("points", "count", "expected"), [(0, 5, 0), (3, 5, 3), (9, 4, 4), (9, 0, 0)]
)
def test_selection_sizes(points: int, count: int, expected: int) -> None:
    measures = np.random.default_rng(2).random((points, 2))
    chosen = select_diverse(measures, RANGES, count)
    assert len(chosen) == len(set(chosen.tolist())) == expected


def test_coinciding_elites_are_never_picked_twice() -> None:
    chosen = select_diverse(np.full((5, 2), 0.5), RANGES, 5)
    assert sorted(chosen.tolist()) == [0, 1, 2, 3, 4]


def test_gallery_shows_levels_side_by_side(tmp_path: Path) -> None:
    walls = np.ones((16, 16), np.int8)
    levels = [walls, walls, np.full_like(walls, 2)]
    level_gallery(levels, render, ["a\nb", "c", "d"], tmp_path / "g.png", columns=2)
    image = pixels(tmp_path / "g.png")
    black, green = (image == 0).all(axis=2), (image == (0, 255, 0)).all(axis=2)
    assert black.sum() == pytest.approx(2 * green.sum(), rel=0.02)
    middle = image.shape[1] // 2
    assert black[:, :middle].sum() == pytest.approx(black[:, middle:].sum(), rel=0.02)
    assert np.flatnonzero(green.any(axis=1)).min() > np.flatnonzero(black.any(axis=1)).max() - 20
    assert not green[:, middle:].any()


def test_wide_levels_keep_their_shape(tmp_path: Path) -> None:
    level_gallery([np.full((16, 56), 2, np.int8)], render, ["x"], tmp_path / "g.png")
    green = (pixels(tmp_path / "g.png") == (0, 255, 0)).all(axis=2)
    height = np.ptp(np.flatnonzero(green.any(axis=1)))
    width = np.ptp(np.flatnonzero(green.any(axis=0)))
    assert width / height == pytest.approx(56 / 16, rel=0.05)


def test_captions_must_fit(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="0 captions for 1 levels"):
        level_gallery([np.zeros((4, 4), np.int8)], render, [], tmp_path / "g.png")


def test_gallery_of_an_archive(tmp_path: Path, table: ArchiveTable) -> None:
    for path in (tmp_path / "a.png", tmp_path / "b.png"):
        archive_gallery(table, render, path, ("tiles", "steps"))
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    # Each of the 24 mazes has one goal: 1 of its 256 tiles.
    picture = pixels(tmp_path / "a.png")
    assert share_of(tmp_path / "a.png", (255, 0, 255)) * picture[..., 0].size > 24 * 200


@pytest.mark.parametrize(
    ("count", "columns"), [(1, 1), (2, 2), (7, 4), (12, 4), (16, 4), (24, 6), (100, 10)]
)
def test_sheets_are_full(count: int, columns: int) -> None:
    assert gallery._columns(count) == columns


def test_gallery_is_laid_out_like_the_archive(tmp_path: Path, table: ArchiveTable) -> None:
    shown: list[float] = []

    def watch(level: np.ndarray) -> np.ndarray:
        shown.append(float((level == 1).sum()))
        return render(level)

    archive_gallery(table, watch, tmp_path / "a.png", count=12)
    columns = np.array(shown).reshape(3, 4)  # rows, columns
    assert (columns[:, :-1].max(axis=0) <= columns[:, 1:].min(axis=0) + 2).all()


def test_unsolvable_levels_are_left_out_if_there_are_others(
    tmp_path: Path, table: ArchiveTable
) -> None:
    shown: list[bytes] = []

    def watch(level: np.ndarray) -> np.ndarray:
        shown.append(level.tobytes())
        return render(level)

    objective = np.zeros(len(table))
    objective[[3, 8]] = 1.0
    some = dataclasses.replace(table, objective=objective)
    archive_gallery(some, watch, tmp_path / "some.png")
    assert sorted(shown) == sorted(table.level[i].tobytes() for i in (3, 8))
    shown.clear()
    none = dataclasses.replace(table, objective=np.zeros(len(table)))
    archive_gallery(none, watch, tmp_path / "none.png")
    assert len(shown) == 24


def test_levels_that_can_be_played_are_shown_whatever_their_objective(
    tmp_path: Path, table: ArchiveTable
) -> None:
    """Objective accel_fail is 0 where the agent always gets through."""
    shown: list[bytes] = []

    def watch(level: np.ndarray) -> np.ndarray:
        shown.append(level.tobytes())
        return render(level)

    objective, solvability = np.zeros(len(table)), np.zeros((len(table), 1))
    objective[3], solvability[[3, 8, 9]] = 0.25, 1.0
    failed = dataclasses.replace(
        table, objective=objective, metadata=solvability, metadata_names=("solvability",)
    )
    archive_gallery(failed, watch, tmp_path / "a.png")
    assert sorted(shown) == sorted(table.level[i].tobytes() for i in (3, 8, 9))


def test_wide_levels_stand_in_fewer_columns_and_keep_every_pixel(tmp_path: Path) -> None:
    assert gallery._columns(18, 16 / 56) == 3

    def striped(level: object) -> np.ndarray:
        image = np.zeros((256, 896, 3), np.uint8)
        image[:, ::2] = 255
        return image

    level_gallery([np.zeros((16, 56), np.int8)], striped, ["x"], tmp_path / "g.png")
    row = pixels(tmp_path / "g.png")[150].astype(int)
    assert (np.abs(np.diff(row[:, 0])) > 200).sum() > 870


def test_units_are_not_said_twice(tmp_path: Path, table: ArchiveTable) -> None:
    named = dataclasses.replace(table, measure_names=("sky_tiles", "ticks"))
    caption = gallery.caption(named, 0, ("tiles", "steps")).split("\n")
    assert caption[0].split()[:2] == ["sky", "tiles"]
    assert not caption[0].endswith("tiles")
    assert caption[1].endswith("steps")


def test_the_title_fits_a_narrow_sheet(tmp_path: Path) -> None:
    title = "Mazes, minutes on two cores"
    level_gallery([np.zeros((4, 4), np.int8)], render, ["a"], tmp_path / "g.png", title=title)
    assert (pixels(tmp_path / "g.png")[:, -8:] == 255).all()


def test_captions_round_the_objective_as_they_do_measures(table: ArchiveTable) -> None:
    steps = dataclasses.replace(table, objective=np.full(len(table), 1259.46))
    assert gallery.caption(steps, 0, ()).endswith("\nobjective 1259.5")
