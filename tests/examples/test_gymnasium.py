"""examples/gymnasium: a Gymnasium environment as a domain, as docs/tutorials shows it."""

from __future__ import annotations

import csv

import pytest

from dsage_mpi.testing import check_domain
from tests.docs.pages import DOCS, blocks
from tests.examples.test_islands import command, digest_of
from tests.runs import finished
from tests.support import REPOSITORY

pytest.importorskip("gymnasium")
HERE = REPOSITORY / "examples" / "gymnasium"
SMALL = [
    *("--set", "algorithm.max_evaluations=40"),
    *("--set", "algorithm.initial_solutions=20"),
    *("--set", "inner_loop.iterations=5"),
    *("--set", "surrogate.epochs=1"),
    *("--set", "domain.episodes=3"),
]


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory):
    path = tmp_path_factory.mktemp("lake") / "run"
    finished(command("frozen_lake.toml", "--run-dir", path, *SMALL, cwd=HERE))
    return path


def test_it_keeps_the_contract(monkeypatch):
    monkeypatch.syspath_prepend(HERE)
    check_domain("frozen_lake:FrozenLake", episodes=2)


def test_a_run_has_figures_and_different_behaviour(run_dir):
    assert (run_dir / "figures" / "levels.png").stat().st_size > 10_000
    with (run_dir / "archive.csv").open() as file:
        steps = [float(row["steps"]) for row in csv.DictReader(file)]
    assert max(steps) > 40
    assert min(steps) < 10


def test_ranks_change_no_result(run_dir, tmp_path, mpirun):
    from tests.examples.test_islands import SCRIPT

    arguments = ("frozen_lake.toml", "--run-dir", tmp_path / "run", *SMALL)
    finished(mpirun(3, SCRIPT, *arguments, cwd=HERE))
    assert digest_of(tmp_path / "run", HERE) == digest_of(run_dir, HERE)


def test_the_page_shows_the_files_as_they_are():
    shown = {block.file: block.text for block in blocks(DOCS / "tutorials" / "own_environment.md")}
    for name in ("frozen_lake.py", "frozen_lake.toml"):
        assert shown[name] == (HERE / name).read_text()
