"""Figures where the environment names a matplotlib backend that is not there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support import python

NOTEBOOK = "module://matplotlib_inline.backend_inline"
BACKENDS = [NOTEBOOK, "module://no.such", "nonsense", "TkAgg", ""]
FIGURES = {"archive.png", "curves.png", "discovery.png", "levels.png"}


@pytest.mark.parametrize("backend", BACKENDS)
def test_every_figure_is_drawn(
    whole_run: Callable[[str], Path], tmp_path: Path, backend: str
) -> None:
    plot = ("plot", whole_run("map_elites"), "--output", tmp_path)
    done = python("-m", "dsage_mpi", *plot, env={"MPLBACKEND": backend})
    assert done.returncode == 0, done.stderr
    assert {path.name for path in tmp_path.iterdir()} == FIGURES


def test_a_run_started_from_a_notebook_draws_its_figures(tmp_path: Path) -> None:
    run = ["inputs/maze_tiny.toml", "--run-dir", tmp_path / "run"]
    run += ["--set", "algorithm.method=domain_randomization"]
    run += ["--set", "algorithm.max_evaluations=8"]
    done = python("-m", "dsage_mpi", *run, env={"MPLBACKEND": NOTEBOOK})
    assert done.returncode == 0, done.stderr
    assert "could not draw" not in done.stderr
    assert (tmp_path / "run" / "figures" / "archive.png").is_file()
