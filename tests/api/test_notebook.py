"""The example notebook runs from its first cell to its last."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from jupyter_client.manager import start_new_kernel
from nbclient import NotebookClient

import dsage_mpi as dm
from tests.api.conftest import INPUT, SMALL
from tests.support import REPOSITORY

NOTEBOOK = REPOSITORY / "examples" / "analysis.ipynb"


pytestmark = pytest.mark.filterwarnings("default")  # of the notebook's own libraries


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Any, Any]]:
    """A notebook's kernel, and who talks to it."""
    monkeypatch.setenv("PYTHONPATH", str(REPOSITORY))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    manager, client = start_new_kernel(kernel_name="python3")
    yield manager, client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def test_interrupting_the_kernel_leaves_a_run_that_goes_on(
    kernel: tuple[Any, Any], tmp_path: Path
) -> None:
    manager, client = kernel
    run_dir = tmp_path / "run"
    overrides = {**SMALL, "algorithm.max_evaluations": 2000}
    client.execute(
        f"import dsage_mpi as dm\n"
        f"config = dm.load_config({str(INPUT)!r}, overrides={overrides!r})\n"
        f"dm.illuminate(config, run_dir={str(run_dir)!r}, quiet=True)"
    )
    deadline = time.monotonic() + 60
    while not list(run_dir.glob("checkpoints/checkpoint-*.h5")):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    manager.interrupt_kernel()
    reply = client.get_shell_msg(timeout=60)["content"]
    assert (reply["status"], reply["ename"]) == ("error", "KeyboardInterrupt")
    assert "continues the run" in reply["evalue"]
    stopped = dm.open_run(run_dir)
    assert stopped.state == "stopped"
    assert 0 < len(stopped.evaluations()) < 2000
    reply = client.execute("1 + 1", reply=True, timeout=60)["content"]
    assert reply["status"] == "ok"


def test_problems_are_shown_without_a_traceback(kernel: tuple[Any, Any]) -> None:
    problems = {"sead": 1, "seed": -1}
    code = f"import dsage_mpi as dm\ndm.load_config({str(INPUT)!r}, overrides={problems})"
    reply = kernel[1].execute(code, reply=True, timeout=60)["content"]
    shown = "\n".join(reply["traceback"])
    assert shown.startswith("ConfigError: 2 problems in")
    assert "did you mean seed?" in shown
    assert "File" not in shown


def test_the_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(REPOSITORY / "inputs", tmp_path / "inputs")
    folder = tmp_path / "examples"
    folder.mkdir()
    monkeypatch.setenv("PYTHONPATH", str(REPOSITORY))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    resources = {"metadata": {"path": str(folder)}}
    NotebookClient(notebook, timeout=200, kernel_name="python3", resources=resources).execute()
    shown = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    html = [o.data["text/html"] for o in shown if "text/html" in o.get("data", {})]
    assert sum('alt="6 levels"' in text for text in html) == 2
    assert sum("image/png" in o.get("data", {}) for o in shown) == 2
    assert not any(o.output_type == "stream" and o.name == "stderr" for o in shown)


def test_the_example_is_stored_without_outputs() -> None:
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(not cell.outputs and cell.execution_count is None for cell in cells)
