"""What a page has of a run, and what it leaves out and says so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from dsage_mpi.api.pages import page_run
from dsage_mpi.core.domain import DomainError
from dsage_mpi.report.history import replay
from dsage_mpi.report.page.content import Limits, run_content
from dsage_mpi.report.page.document import embedded, write_page
from dsage_mpi.report.page.sheets import drawing_of
from dsage_mpi.report.page.source import Looks
from tests.report.page.conftest import data_of, maze_run


@pytest.mark.parametrize("method", ["dsage", "map_elites"])
def test_the_history_ends_with_the_runs_own_archive(
    whole_run: Callable[[str], Path], method: str
) -> None:
    run = page_run(whole_run(method))
    history = replay(run.record, run.cell_of)
    with np.load(whole_run(method) / "archive.npz") as archive:
        order = np.argsort(history.cell[history.last])
        np.testing.assert_array_equal(history.cell[history.last][order], archive["index"])
        found = history.evaluation[history.last][order]
        np.testing.assert_array_equal(found, archive["evaluation"])


@pytest.mark.parametrize("method", ["dsage", "map_elites"])
def test_elites_and_those_that_they_descend_from(
    whole_run: Callable[[str], Path], method: str
) -> None:
    run = page_run(whole_run(method))
    history = replay(run.record, run.cell_of)
    parents = np.asarray(run.record["parent"])[history.evaluation]
    rows = history.rows_of(parents)
    assert (rows >= 0).any()
    np.testing.assert_array_equal(history.evaluation[rows[rows >= 0]], parents[rows >= 0])
    assert (parents[rows < 0] == -1).all()  # only an elite is mutated
    assert "parents" in run_content(run, Limits())
    earlier = {name: values for name, values in run.record.items() if name != "parent"}
    assert "parents" not in run_content(replace(run, record=earlier), Limits())


def test_better_evaluations_replace_and_equal_ones_do_not() -> None:
    record = {
        "failed": np.array([0, 0, 1, 0, 0, 0], np.bool_),
        "objective": np.array([1.0, 1.0, np.nan, 2.0, 0.5, -1.0]),
        "measures": np.array([[0.0], [0], [np.nan], [0], [0], [1]]),
    }
    history = replay(record, lambda measures: measures[:, 0].astype(np.int64))
    assert history.evaluation.tolist() == [0, 3, 5]
    assert history.last.tolist() == [False, True, True]


def test_the_same_run_gives_the_same_bytes(
    whole_run: Callable[[str], Path], tmp_path: Path
) -> None:
    for name in ("a.html", "b.html"):
        write_page(tmp_path / name, [page_run(whole_run("dsage"))])
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()
    run = data_of(tmp_path / "a.html")["runs"][0]
    assert run["leftOut"] == []
    assert len(run["predicted"]) == 3
    assert run["evaluations"] == 50


def test_nothing_is_fetched_and_nothing_ends_the_script(tmp_path: Path) -> None:
    write_page(tmp_path / "a.html", [maze_run(5, config="</script>&<!--", title="<b>")])
    text = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert text.count("</script>") == 2
    assert "default-src 'none'" in text
    assert "http:" not in text.replace("http://www.w3.org/2000/svg", "")
    assert "https:" not in text
    assert "<b>" not in text
    assert embedded({"a": "</script>"}) == '{"a":"\\u003c/script\\u003e"}'


def test_what_has_no_room_is_left_out_in_order_and_said() -> None:
    run = maze_run(2000)
    whole = run_content(run, Limits())
    assert whole["occupancy"]["bits"] == 4
    parts = {name: len(str(whole[name])) for name in ("occupancy", "levels", "columns", "cell")}
    rest = len(str(whole)) - parts["occupancy"]
    few = run_content(run, Limits(rest + parts["occupancy"] * 2 // 3))
    assert few["occupancy"]["bits"] == 2
    assert "3 shades" in few["leftOut"][0]
    none = run_content(run, Limits(rest + 2000))
    assert "occupancy" not in none
    assert "too much room" in none["leftOut"][0]
    bare = run_content(run, Limits(parts["columns"] + parts["cell"]))
    assert "levels" not in bare
    assert "Levels are left out" in bare["leftOut"][0]


def test_what_the_domain_lacks_is_said() -> None:
    def fails(*_: Any) -> Any:
        raise DomainError("no weights here")

    content = run_content(maze_run(20, occupancy=fails, paths=fails, predict=fails), Limits())
    assert len(content["leftOut"]) == 3
    assert all("no weights here" in text for text in content["leftOut"])


def test_a_run_without_elites_has_a_page(tmp_path: Path) -> None:
    assert write_page(tmp_path / "a.html", [maze_run(0)]) > 0
    assert data_of(tmp_path / "a.html")["runs"][0]["evaluation"]["count"] == 0


def chequered(level: NDArray[np.int8]) -> NDArray[np.uint8]:
    """A picture in which a tile's look depends on where it is."""
    rows, columns = np.indices(level.shape)
    shade = (40 * level + 100 * ((rows + columns) % 2)).astype(np.uint8)
    return np.repeat(shade[..., None], 3, axis=2).repeat(4, axis=0).repeat(4, axis=1)


def test_levels_that_are_no_mosaic_are_shown_as_pictures() -> None:
    levels = np.random.default_rng(0).integers(3, size=(30, 5, 6)).astype(np.int8)
    drawing = drawing_of(Looks(chequered), levels, np.array([4, 2]))
    assert sorted(drawing.pictures) == [2, 4]
    content = run_content(
        maze_run(30, record={**maze_run(30).record, "level": levels}, looks=Looks(chequered),
                 occupancy=None),
        Limits(),
    )  # fmt: skip
    assert len(content["pictures"]) == 30
    assert "as the domain draws them" in content["leftOut"][0]


def test_a_mosaic_is_found_with_what_surrounds_it() -> None:
    run = maze_run(20)
    drawing = drawing_of(run.looks, run.record["level"], np.arange(20))
    assert drawing.sheet.size == 16
    assert drawing.sheet.ring == 4
    assert drawing.pictures == {}
