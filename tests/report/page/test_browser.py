"""The page in a browser: it draws, answers clicks and keys, and runs nothing that a run says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from dsage_mpi.__main__ import main
from dsage_mpi.api.pages import page_run
from dsage_mpi.api.results import open_run
from dsage_mpi.domains.mario.draw import draw_level as draw_mario
from dsage_mpi.domains.mario.sheet import sheet_codes, tile_sheet
from dsage_mpi.report.page.document import write_page
from dsage_mpi.report.page.source import Looks, Measures
from dsage_mpi.rundir.surrogate_archive import read_surrogate_archive
from tests.report.page.conftest import Browser, maze_run

Keys = pytest.importorskip("selenium.webdriver.common.keys").Keys
ATTACK = "</script><script>window.hacked = 1</script><img src=x onerror='window.hacked = 1'>"


@pytest.fixture(scope="module")
def page(whole_run: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs on one page."""
    output = tmp_path_factory.mktemp("page") / "report.html"
    runs = [str(whole_run(method)) for method in ("dsage", "map_elites")]
    assert main(["report", *runs, "--output", str(output)]) == 0
    return output


def selected(browser: Browser) -> int:
    return int(browser.run("chosen.cell"))


def test_a_click_shows_the_level_and_its_numbers(
    browser: Browser, page: Path, whole_run: Callable[[str], Path]
) -> None:
    run = open_run(whole_run("dsage"))
    elites = run.elites()
    number = int(elites.index[len(elites) // 2])
    cell = elites.loc[number, "cell"]
    dims = run.config.archive.dims
    browser.open(page)
    browser.click_cell(cell[0] * dims[1] + cell[1])
    assert browser.text("what") == f"Cell ({cell[0]}, {cell[1]}), found by evaluation {number}"
    browser.choose("shows", "level")
    np.testing.assert_array_equal(browser.pixels("level"), run.domain.render(run.levels[number]))
    browser.choose("shows", "visits")
    assert (browser.pixels("level") != run.domain.render(run.levels[number])).any()
    numbers = browser.text("numbers")
    assert f"num blocks (tiles){int(elites.loc[number, 'num_blocks'])}" in numbers
    assert f"--evaluation {number} --output film.gif" in browser.text("commands")
    shown = browser.run("contact.placed.map(one => one.cell)")
    assert len(set(shown)) == len(shown) > 3


def test_the_slider_shows_the_archive_as_it_was(
    browser: Browser, page: Path, whole_run: Callable[[str], Path]
) -> None:
    run = open_run(whole_run("dsage"))
    half = 25
    first = run.evaluations().iloc[:half]
    cells = run.archive.index_of(first[list(run.config.archive.measures)].to_numpy())
    browser.open(page)
    browser.choose("slider", str(half))
    assert f"{len(set(cells.tolist()))} of 864 cells" in browser.text("cards")
    assert browser.text("at") == "25 of 50 evaluations"
    assert set(browser.run("Array.from(map.held.keys())")) == set(cells.tolist())
    browser.element("slider").send_keys(Keys.END)
    assert f"{len(run.elites())} of 864 cells" in browser.text("cards")
    browser.element("slider").send_keys(Keys.ARROW_LEFT)
    assert browser.text("at") == "49 of 50 evaluations"


def test_keys_move_over_the_map_and_all_controls_have_names(browser: Browser, page: Path) -> None:
    browser.open(page)
    browser.element("map").send_keys(Keys.ARROW_RIGHT)
    first = selected(browser)
    assert first >= 0
    places = [browser.run("map.placeOf(arguments[0])", first)]
    for key in (Keys.ARROW_LEFT, Keys.ARROW_UP, Keys.ARROW_RIGHT, Keys.ARROW_DOWN):
        browser.element("map").send_keys(key)
        places.append(browser.run("map.placeOf(arguments[0])", selected(browser)))
    assert places[1][0] <= places[0][0]
    assert places[2][1] <= places[1][1]
    assert places[3][0] >= places[2][0]
    assert len({tuple(place) for place in places}) > 1
    browser.run("document.getElementById('theme').focus()")
    names = browser.run(
        "Array.from(document.querySelectorAll('button, select, input, canvas')).map("
        "e => e.getAttribute('aria-label') || (e.labels && e.labels.length) || e.textContent)"
    )
    assert all(names)


def test_another_run_another_colour_another_place(browser: Browser, page: Path) -> None:
    browser.open(page)
    assert browser.run("document.getElementById('colour').value") == "evaluation"
    browser.choose("colour", "error:agent_path_length")
    assert browser.text("quantity") == "error of predicted agent path length (steps)"
    browser.choose("view", "predicted")
    assert browser.run("map.points !== null")
    browser.choose("runs", "1")
    browser.wait("document.getElementById('title').textContent.startsWith('map_elites')")
    assert browser.run("document.getElementById('surrogate').hidden")
    legends = browser.run("document.querySelectorAll('#curves .legend li').length")
    assert legends == 6  # both runs in QD-score, coverage and best objective


def test_the_film_shows_the_simulators_own_rollout(
    browser: Browser, page: Path, whole_run: Callable[[str], Path]
) -> None:
    run = open_run(whole_run("dsage"))
    browser.open(page)
    event = browser.run("Array.from(runs[0].ways.keys())[0]")
    browser.run("goToEvent(arguments[0])", event)
    number = browser.run("runs[0].evaluation[arguments[0]]", event)
    ways = browser.run(
        "runs[0].ways.get(arguments[0]).map(w => [Array.from(w.rows), Array.from(w.columns)])",
        event,
    )
    result = run._stored.tree["record"]["result"][int(number)]
    for k, (rows, columns) in enumerate(ways):
        assert len(rows) == len(columns) == int(result["length"][k]) + int(result["success"][k])
    browser.element("film").click()
    browser.wait("document.getElementById('shows').value === 'way 0'")
    browser.wait("detail.frame > 0")
    # Drawn by hand, as a busy machine may be through with the film by now.
    browser.run("cancelAnimationFrame(detail.frame); detail.drawLevel(1)")
    early = browser.pixels("level")
    browser.run("detail.drawLevel(Infinity)")
    assert (browser.pixels("level") != early).any()


def test_a_live_page_loads_itself_again_and_keeps_what_is_chosen(
    browser: Browser, tmp_path: Path
) -> None:
    path = tmp_path / "live.html"
    run = maze_run(40, state="running")
    write_page(path, [run], refresh=0.4)
    browser.open(path)
    cell = browser.run("Array.from(map.held.keys())[3]")
    browser.click_cell(cell)
    browser.choose("slider", "30")
    more = maze_run(60, state="done", title="more mazes")
    write_page(path, [more])
    browser.wait("document.getElementById('title').textContent === 'more mazes'")
    browser.wait("document.body.dataset.ready === 'yes'")
    assert selected(browser) == cell
    assert browser.text("at") == "30 of 60 evaluations"
    assert browser.text("state") == "done"


def test_what_a_run_says_is_text(browser: Browser, tmp_path: Path) -> None:
    run = maze_run(
        30,
        name=ATTACK,
        title=ATTACK,
        path=ATTACK,
        state=ATTACK,
        facts=[(ATTACK, ATTACK)],
        failures=[(1, f"Traceback\n{ATTACK}")],
        config=ATTACK,
        versions=ATTACK,
        metadata_names=tuple(f"{ATTACK}{k}" for k in range(9)),
    )
    path = tmp_path / "attack.html"
    write_page(path, [run, run])
    browser.open(path)
    browser.run("goToEvent(3)")
    assert ATTACK in browser.text("title")
    assert ATTACK in browser.text("failures")
    assert ATTACK in browser.text("numbers")
    assert browser.run("window.hacked") is None
    assert browser.run("document.querySelectorAll('script').length") == 2
    assert browser.run("document.querySelectorAll('img').length") == 0


def test_browsers_that_inflate_nothing_read_the_same(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "mazes.html"
    run = maze_run(300)
    write_page(path, [run])
    script = {"source": "delete globalThis.DecompressionStream"}
    added = browser.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", script)
    try:
        browser.open(path)
        assert browser.run("typeof DecompressionStream") == "undefined"
        lengths = browser.run("Array.from(runs[0].quantity('agent_path_length').values)")
        levels = browser.run("Array.from(runs[0].levels.codes)")
    finally:
        browser.driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", added)
    np.testing.assert_allclose(lengths, run.record["measures"][:, 1], rtol=1e-6)
    assert levels == run.record["level"].reshape(-1).tolist()


def test_mario_levels_look_as_the_domain_draws_them(browser: Browser, tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    levels = rng.integers(0, 17, (4, 16, 56)).astype(np.int8)
    levels[rng.random(levels.shape) < 0.6] = 0
    mazes = maze_run(4)
    run = maze_run(
        4,
        record={**mazes.record, "level": levels},
        looks=Looks(draw_mario, tile_sheet(), sheet_codes),
        occupancy=None,
    )
    path = tmp_path / "mario.html"
    write_page(path, [run])
    browser.open(path)
    for event in range(4):
        browser.run("goToEvent(arguments[0])", event)
        # A browser blends what shines through with eight bits.
        differ = browser.pixels("level").astype(int) - draw_mario(levels[event])
        assert np.abs(differ).max() <= 2


@pytest.mark.parametrize("axes", [1, 3])
def test_archives_that_are_no_map_are_points(browser: Browser, tmp_path: Path, axes: int) -> None:
    mazes = maze_run(50)
    measures = np.column_stack([mazes.record["measures"], np.arange(50)])[:, :axes]
    names = ("num_blocks", "agent_path_length", "number")[:axes]
    ranges = np.array([[0, 256], [0, 648], [0, 50.0]])[:axes]
    run = maze_run(
        50,
        record={**mazes.record, "measures": measures},
        measures=Measures(names, ("",) * axes, ranges, (), 1000),
        cell_of=lambda m: np.arange(len(m)),
    )
    path = tmp_path / "points.html"
    write_page(path, [run])
    browser.open(path)
    assert browser.run("map.points !== null")
    browser.click_cell(7)
    near = browser.run("[map.placeOf(7), map.placeOf(chosen.cell)]")
    assert np.abs(np.subtract(*near)).max() < 8
    assert browser.text("what") == f"Cell {selected(browser)}, found by evaluation " + str(
        selected(browser)
    )


def test_vectors_have_numbers_instead_of_pictures(browser: Browser, tmp_path: Path) -> None:
    mazes = maze_run(20)
    run = maze_run(
        20,
        record={**mazes.record, "level": np.zeros((20, 3))},
        looks=None,
        occupancy=None,
        parameters=lambda numbers: [{"wind_speed": k / 3, "<b>": "icy"} for k in numbers.tolist()],
    )
    path = tmp_path / "vectors.html"
    write_page(path, [run])
    browser.open(path)
    browser.run("goToEvent(7)")
    assert "wind speed2.3333" in browser.text("numbers")
    assert "<b>icy" in browser.text("numbers")
    assert browser.run("document.getElementById('level').hidden")
    assert browser.run("document.getElementById('levels').hidden")


@pytest.mark.parametrize(("width", "dark"), [(390, True), (1300, True), (2000, False)])
def test_it_fits_any_window_and_both_themes(
    browser: Browser, page: Path, width: int, dark: bool
) -> None:
    browser.resize(width, 800, dark)
    browser.open(page)
    browser.element("map").send_keys(Keys.ARROW_RIGHT)
    assert browser.run("document.documentElement.scrollWidth") <= width
    scheme = "getComputedStyle(document.documentElement).colorScheme"
    assert browser.run(scheme) == ("dark" if dark else "light")
    browser.element("theme").click()
    assert browser.run(scheme) == ("light" if dark else "dark")


def test_the_papers_archive(browser: Browser, tmp_path: Path) -> None:
    """All 41 472 cells in 6 MB at most; what a click shows is there when it returns."""
    run = maze_run(41_472)
    path = tmp_path / "paper.html"
    assert write_page(path, [run]) == path.stat().st_size <= 6_000_000
    browser.open(path)
    assert "41\u2009472 of 41\u2009472 cells" in browser.text("cards")
    browser.click_cell(100 * 162 + 80)
    browser.choose("shows", "level")
    event = browser.run("map.held.get(chosen.cell)")
    np.testing.assert_array_equal(
        browser.pixels("level"), run.looks.render(run.record["level"][event])
    )


@pytest.mark.parametrize("method", ["dsage", "map_elites"])
def test_from_an_elite_to_the_one_that_it_descends_from(
    browser: Browser, page: Path, whole_run: Callable[[str], Path], method: str
) -> None:
    browser.open(page)
    browser.choose("runs", str(["dsage", "map_elites"].index(method)))
    browser.wait(f"document.getElementById('title').textContent.startsWith('{method} on')")
    parents = page_run(whole_run(method)).record["parent"]
    evaluations = browser.run("Array.from(run().evaluation)")
    event = next(k for k, number in enumerate(evaluations) if parents[int(number)] >= 0)
    browser.run("goToEvent(arguments[0])", event)
    parent = int(parents[int(evaluations[event])])
    assert f"Descends from: evaluation {parent} (" in browser.text("origin")
    browser.run("document.querySelector('#origin button').click()")
    assert browser.text("what").endswith(f"found by evaluation {parent}")
    first = next(k for k, number in enumerate(evaluations) if parents[int(number)] < 0)
    browser.run("goToEvent(arguments[0])", first)
    assert browser.text("origin").startswith("No parent")


def test_the_surrogates_archive_and_what_became_of_it(
    browser: Browser, page: Path, whole_run: Callable[[str], Path]
) -> None:
    found = read_surrogate_archive(whole_run("dsage"))
    assert found is not None
    browser.open(page)
    browser.choose("archives", "surrogate")
    assert set(browser.run("Array.from(map.held.keys())")) == set(found.cell.tolist())
    assert f"{len(found.cell)}cells in the surrogate's archive" in browser.text("cards")
    assert browser.run("document.getElementById('slider').hidden")
    other = int(found.cell[found.place < 0][0])
    browser.click_cell(other)
    assert browser.text("origin") == "It was not chosen to be simulated."
    browser.choose("archives", "chosen")
    chosen = np.flatnonzero((found.place >= 0) & (found.place < 50))
    assert len(browser.run("Array.from(map.held.keys())")) == (found.place >= 0).sum()
    browser.choose("colour", "error:agent_path_length")
    browser.click_cell(int(found.cell[chosen[0]]))
    blocks = int(found.measures[chosen[0], 0])
    assert f"num blocks (tiles){blocks}{blocks}" in browser.text("numbers")
    assert f"evaluation {found.place[chosen[0]]}" in browser.text("origin")
    linked = "document.querySelector('#origin button')"
    for row in chosen.tolist():
        browser.run("goToCell(arguments[0])", int(found.cell[row]))
        if browser.run(f"{linked} !== null"):
            browser.run(f"{linked}.click()")
            assert browser.run("chosen.archive") == "real"
            assert browser.text("what").endswith(f"evaluation {found.place[row]}")
            browser.choose("archives", "chosen")
    browser.choose("runs", "1")
    browser.wait("document.getElementById('title').textContent.startsWith('map_elites')")
    assert browser.run("document.getElementById('which').hidden")


def test_an_archive_of_three_measures_is_seen_from_any_side(
    browser: Browser, tmp_path: Path
) -> None:
    """Of the cells above each other, the one with the best objective is on top."""
    rng = np.random.default_rng(3)
    mazes, dims = maze_run(200), (4, 5, 6)
    measures = rng.random((200, 3))
    run = maze_run(
        200,
        record={**mazes.record, "measures": measures, "objective": rng.random(200)},
        measures=Measures(("a", "b", "c"), ("",) * 3, np.array([[0, 1.0]] * 3), dims, 120),
        cell_of=lambda m: np.ravel_multi_index((m * dims).astype(int).T, dims),
    )
    path = tmp_path / "three.html"
    write_page(path, [run])
    browser.open(path)
    browser.choose("pair", "0,2")
    cells = (measures * dims).astype(int)
    there = (cells[:, 0] == 2) & (cells[:, 2] == 3)
    best = int(np.argmax(np.where(there, run.record["objective"], -1)))
    browser.click_cell(int(np.ravel_multi_index((2, int(cells[best, 1]), 3), dims)))
    expected = f"Cell (2, {cells[best, 1]}, 3), found by evaluation {best}"
    assert browser.text("what") == expected
    browser.open(path, "#pair=1,2")
    assert browser.run("map.held.size") == len({tuple(c) for c in cells[:, 1:].tolist()})


def test_voronoi_cells_are_where_the_nearest_centre_is(browser: Browser, tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    centres = rng.random((300, 2)) * [256, 648]
    mazes = maze_run(400)

    def nearest(measures: np.ndarray) -> np.ndarray:
        far = (measures[:, None] - centres) / [256, 648]
        return np.argmin((far**2).sum(axis=2), axis=1)

    axes = Measures(("num_blocks", "agent_path_length"), ("", ""), mazes.measures.ranges, (), 300,
                    centres)  # fmt: skip
    run = maze_run(400, measures=axes, cell_of=nearest)
    path = tmp_path / "voronoi.html"
    write_page(path, [run])
    browser.open(path)
    width, height = browser.run("[map.voronoi.width, map.voronoi.height]")
    pixels = np.column_stack([rng.integers(width, size=200), rng.integers(height, size=200)])
    places = (pixels + 0.5) / [width, height]
    places[:, 1] = 1 - places[:, 1]
    seen = browser.run("arguments[0].map(([x, y]) => map.voronoi.cellAt(x, y))", pixels.tolist())
    assert seen == nearest(places * [256, 648]).tolist()
    held = browser.run("Array.from(map.held.keys())")
    browser.click_cell(held[5])
    assert selected(browser) == held[5]
