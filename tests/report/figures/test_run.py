from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dsage_mpi.report.export import ArchiveTable
from dsage_mpi.report.figures import Look, draw_run, style

from ..conftest import MEASURES, METADATA, make_archive
from .pictures import colours_in, pixels, render, share_of

Row = Callable[..., dict[str, Any]]


def test_draws_everything(tmp_path: Path, table: ArchiveTable, metric_row: Row) -> None:
    rows = [metric_row(i) for i in (1, 2, 3)]
    files = draw_run(tmp_path / "figures", table, rows, Look(render, ("tiles", "steps"), "maze"))
    names = {path.name for path in files}
    assert names == {"archive.png", "discovery.png", "levels.png", "curves.png"}
    assert all(colours_in(path) > 20 for path in files)


def test_an_empty_archive_is_no_problem(tmp_path: Path) -> None:
    empty = ArchiveTable.of(make_archive(0), MEASURES, METADATA)
    assert {p.name for p in draw_run(tmp_path, empty, [], Look(render))} == {
        "archive.png",
        "curves.png",
    }


def test_a_picture_that_fails_costs_a_warning(
    tmp_path: Path, table: ArchiveTable, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(level: np.ndarray) -> np.ndarray:
        raise RuntimeError("no such tile")

    files = draw_run(tmp_path, table, [], Look(broken))
    assert "levels.png" not in {path.name for path in files}
    assert "levels.png: RuntimeError: no such tile" in caplog.text
    assert len(files) == 3


def test_archives_of_three_measures_have_parallel_axes(tmp_path: Path, table: ArchiveTable) -> None:
    solid = dataclasses.replace(
        table,
        dims=np.append(table.dims, 2),
        lower_bounds=np.append(table.lower_bounds, 0.0),
        upper_bounds=np.append(table.upper_bounds, 1.0),
        measures=np.column_stack([table.measures, np.zeros(len(table))]),
        measure_names=(*table.measure_names, "turns"),
    )
    files = draw_run(tmp_path, solid, [], Look(render))
    assert {p.name for p in files} == {"archive.png", "levels.png", "curves.png"}
    assert colours_in(tmp_path / "archive.png") > 20


def test_archives_of_one_measure_have_a_profile(tmp_path: Path, table: ArchiveTable) -> None:
    _, first = np.unique(table.index // table.dims[1], return_index=True)
    rows = {
        field.name: getattr(table, field.name)[first]
        for field in dataclasses.fields(table)
        if field.name in ("solution", "objective", "level", "metadata", "evaluation")
    }
    line = dataclasses.replace(
        table,
        **rows,
        index=table.index[first] // table.dims[1],
        measures=table.measures[first][:, :1],
        dims=table.dims[:1],
        lower_bounds=table.lower_bounds[:1],
        upper_bounds=table.upper_bounds[:1],
        measure_names=table.measure_names[:1],
    )
    assert {p.name for p in draw_run(tmp_path, line, [], Look(render))} >= {
        "archive.png",
        "levels.png",
    }
    assert colours_in(tmp_path / "archive.png") > 2


def test_any_title_will_do(tmp_path: Path, table: ArchiveTable, metric_row: Row) -> None:
    """It is the user's: long, of two lines, or with what matplotlib takes for mathematics."""
    plain = draw_run(tmp_path / "plain", table, [metric_row(1)], Look(render, title="T"))
    for title in ("price $\\foo$", "costs $5 and $6", "two\nlines", "東京", "a long title " * 40):
        files = draw_run(tmp_path / "run", table, [metric_row(1)], Look(render, title=title))
        assert [path.name for path in files] == [path.name for path in plain]


def test_a_long_title_leaves_the_map_its_room(tmp_path: Path, table: ArchiveTable) -> None:
    shares = []
    for number, title in enumerate(("T", "a long title " * 7)):
        draw_run(tmp_path / str(number), table, [], Look(render, title=title))
        assert (pixels(tmp_path / str(number) / "archive.png")[:, -8:] == 255).all()
        shares.append(share_of(tmp_path / str(number) / "archive.png", style.EMPTY))
    assert shares[1] == pytest.approx(shares[0], rel=0.05)
