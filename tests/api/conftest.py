"""One small run in Python and one by the command, shared by all tests of the API."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import dsage_mpi as dm
from tests.support import REPOSITORY, python

INPUT = REPOSITORY / "inputs" / "maze_tiny.toml"
SMALL: dict[str, Any] = {
    "algorithm.max_evaluations": 40,
    "inner_loop.iterations": 8,
    "surrogate": {"threads": 1, "epochs": 5},
    "report.figures": False,
}
SETTINGS = [
    *("--set", "algorithm.max_evaluations=40", "--set", "inner_loop.iterations=8"),
    *("--set", "surrogate.threads=1", "--set", "surrogate.epochs=5"),
    *("--set", "report.figures=false"),
]


@pytest.fixture(autouse=True)
def forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test registers is forgotten afterwards: other tests ask what names there are."""
    from dsage_mpi.archives import ARCHIVES
    from dsage_mpi.config.components import EMITTERS, METHODS, SELECTION_RULES
    from dsage_mpi.domains import DOMAINS
    from dsage_mpi.surrogate.registry import NETWORKS

    for registry in (DOMAINS, ARCHIVES, EMITTERS, METHODS, SELECTION_RULES, NETWORKS):
        monkeypatch.setattr(registry, "_here", {})


@pytest.fixture(scope="session")
def config() -> dm.Config:
    return dm.load_config(INPUT, seed=3, overrides=SMALL)


@pytest.fixture(scope="session")
def steps() -> list[dm.Step]:
    """What the callback of ``run`` was told."""
    return []


@pytest.fixture(scope="session")
def run(
    config: dm.Config, steps: list[dm.Step], tmp_path_factory: pytest.TempPathFactory
) -> dm.Run:
    path = tmp_path_factory.mktemp("runs") / "python"
    made = dm.illuminate(config, run_dir=path, callbacks=[steps.append], quiet=True)
    assert made is not None
    return made


@pytest.fixture(scope="session")
def by_command(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same run by ``python -m dsage_mpi``."""
    path = tmp_path_factory.mktemp("runs") / "command"
    command = ("-m", "dsage_mpi", INPUT, "--seed", "3", "--run-dir", path, *SETTINGS)
    done = python(*command, timeout=200)
    assert done.returncode == 0, done.stderr
    return path
