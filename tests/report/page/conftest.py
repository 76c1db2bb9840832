"""A browser without a window, and synthetic runs to be shown in it."""

from __future__ import annotations

import base64
import io
import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from dsage_mpi.domains.maze.levels import analyse, mark_endpoints
from dsage_mpi.report.page.source import Looks, Measures, PageRun

HOW = "bash scripts/setup-tests.sh installs it as root on Debian"


class Browser:
    """Chromium, looking at one page after the other."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver

    def open(self, path: Path, address: str = "") -> None:
        self.driver.get("about:blank")  # else another part of the same page is no new page
        self.driver.get(f"{path.absolute().as_uri()}{address}")
        self.wait("document.body && document.body.dataset.ready === 'yes'")

    def run(self, script: str, *arguments: Any) -> Any:
        return self.driver.execute_script(f"return {script}", *arguments)

    def wait(self, condition: str) -> None:
        deadline = time.monotonic() + 60
        while not self._holds(condition):
            assert time.monotonic() < deadline, f"never: {condition}; {self.complaints()}"
            time.sleep(0.02)

    def _holds(self, condition: str) -> bool:
        from selenium.common.exceptions import JavascriptException

        try:
            return bool(self.run(condition))
        except JavascriptException:  # the page is being loaded
            return False

    def element(self, name: str) -> Any:
        return self.driver.find_element("id", name)

    def text(self, name: str) -> str:
        return str(self.run("document.getElementById(arguments[0]).textContent", name))

    def choose(self, name: str, value: str) -> None:
        self.run(
            "(() => { const e = document.getElementById(arguments[0]); e.value = arguments[1];"
            "e.dispatchEvent(new Event(e.type === 'range' ? 'input' : 'change')); })"
            ".apply(null, arguments)",
            name,
            value,
        )

    def click_cell(self, cell: int) -> None:
        """Clicks on the map, in the middle of a cell."""
        from selenium.webdriver.common.action_chains import ActionChains

        self.driver.execute_script("document.getElementById('map').scrollIntoView()")
        x, y, wide, high = self.run("map.placeOf(arguments[0])", cell)
        area = self.element("map")
        width, height = self.run("[map.canvas.clientWidth, map.canvas.clientHeight]")
        move = ActionChains(self.driver).move_to_element_with_offset(
            area, round(x + wide / 2 - width / 2), round(y + high / 2 - height / 2)
        )
        move.click().perform()

    def pixels(self, name: str) -> np.ndarray:
        """(h, w, 3) of a canvas."""
        picture = self.run("document.getElementById(arguments[0]).toDataURL()", name)
        with Image.open(io.BytesIO(base64.b64decode(picture.partition(",")[2]))) as shown:
            return np.asarray(shown.convert("RGB"))

    def complaints(self) -> list[str]:
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def resize(self, width: int, height: int, dark: bool = False) -> None:
        sizes = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", sizes)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})


@pytest.fixture(scope="session")
def _driver() -> Iterator[Any]:
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
    program, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if program is None or driver is None:
        pytest.skip(f"there is no chromium with chromedriver here; {HOW}")
    options = webdriver.ChromeOptions()
    options.binary_location = program
    for option in ("headless=new", "no-sandbox", "disable-gpu", "disable-dev-shm-usage"):
        options.add_argument(f"--{option}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = webdriver.ChromeService(executable_path=driver)
    made = webdriver.Chrome(options=options, service=service)
    yield made
    made.quit()


@pytest.fixture
def browser(_driver: Any) -> Iterator[Browser]:
    made = Browser(_driver)
    made.resize(1300, 900)
    yield made
    assert made.complaints() == []


def maze_run(count: int, seed: int = 1, **more: Any) -> PageRun:
    """Mazes of every number of walls, as if the paper's archive had so many elites."""
    from dsage_mpi.domains.maze.draw import draw_level

    rng = np.random.default_rng(seed)
    dims = (256, 162)
    cells = rng.permutation(dims[0] * dims[1])[:count]
    blocks, path = np.divmod(cells, dims[1])
    length = path * 4 + rng.integers(0, 200, count) / 50
    order = np.argsort(rng.random((count, 256)), axis=1)
    walls = (order < blocks[:, None]).astype(np.uint8)
    geometry = analyse(walls)
    visits = np.exp(rng.normal(0, 1.5, (count, 16, 16))) * geometry.reachable
    visits *= rng.random((count, 16, 16)) < 0.75
    visits *= (length / np.maximum(visits.sum(axis=(1, 2)), 1e-9))[:, None, None]
    visits = (np.rint(50 * visits) / 50).astype(np.float32)
    metadata = {
        "n_repeated_cells": rng.integers(0, 20000, count) / 50,
        "frac_explored_cells": rng.integers(1, 100, count) / np.maximum(geometry.n_reachable, 1),
        "optimal_path_length": geometry.optimal_path_length,
        "n_left_turns": rng.integers(0, 200, count) / 2,
        "n_right_turns": rng.integers(0, 200, count) / 2,
        "success_rate": rng.integers(0, 51, count) / 50,
        "n_reachable": geometry.n_reachable,
        "start": geometry.start,
        "goal": geometry.goal,
    }
    record = {
        "failed": np.zeros(count, np.bool_),
        "objective": np.ones(count),
        "measures": np.stack([blocks, length], axis=1).astype(np.float64),
        "metadata": np.stack([np.asarray(v, np.float64) for v in metadata.values()], axis=1),
        "level": mark_endpoints(walls, geometry),
    }
    facts: dict[str, Any] = {
        "name": "mazes",
        "title": "mazes",
        "path": "runs/mazes",
        "state": "done",
        "facts": [("method", "none")],
        "measures": Measures(
            ("num_blocks", "agent_path_length"),
            ("tiles", "steps"),
            np.array([[0, 256], [0, 648.0]]),
            dims,
            dims[0] * dims[1],
        ),
        "cell_of": lambda m: (m[:, 0] * dims[1] + m[:, 1] // 4).astype(np.int64),
        "metadata_names": tuple(metadata),
        "record": record,
        "rows": [],
        "looks": Looks(draw_level),
        "occupancy": lambda numbers: visits[numbers],
    }
    return PageRun(**{**facts, **more})


def data_of(path: Path) -> dict[str, Any]:
    """What a page's script reads."""
    text = path.read_text(encoding="utf-8")
    start = text.index('id="data">') + len('id="data">')
    found: dict[str, Any] = json.loads(text[start : text.index("</script>", start)])
    return found
