"""Two studies of real runs, shared by all tests of this folder; made in one process."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dsage_mpi.core.caches import provide_caches
from dsage_mpi.farm.launch import World
from dsage_mpi.study.plan import Study, load_study
from dsage_mpi.study.together import make_together
from tests.support import REPOSITORY

STUDIES = REPOSITORY / "inputs" / "studies"
#: The main table at a hundredth, and still less: seconds instead of minutes.
LESS = (
    "report.figures=false",
    "checkpoint.min_seconds=30",
    "surrogate.threads=1",
    "algorithm.max_evaluations=5000",
    "inner_loop.iterations=1000",
    "surrogate.epochs=30",
    "surrogate.features=8",
)
SMALL = """
title = "Two methods & 100 %"
seeds = [1, 2, 3]
reference = "me"

[set.report]
figures = false
[set.algorithm]
max_evaluations = 40
[set.domain]
rollouts = 2

[rows.me]
title = "MAP-Elites"
input = "{inputs}/maze_tiny.toml"
set.algorithm.method = "map_elites"
set.emitters.batch_size = 2
published = {{qd_score = 10480.8, qd_score_error = 150.13, coverage = 0.25}}

[rows.dr]
input = "{inputs}/maze_tiny.toml"
set.algorithm.method = "domain_randomization"
"""


@pytest.fixture(scope="session")
def scaled_study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """All six rows of the paper's main table for mazes, two seeds each."""
    folder = tmp_path_factory.mktemp("studies") / "reproduce"
    file = STUDIES / "maze_main.toml"
    return made(load_study(file, folder, overrides=LESS, scale=0.01, seeds=2))


@pytest.fixture(scope="session")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """Two rows without a surrogate, three seeds each."""
    folder = tmp_path_factory.mktemp("studies")
    return made(load_study(write_small(folder), folder / "runs"))


def write_small(folder: Path, text: str = SMALL) -> Path:
    """Writes the small study's file."""
    path = folder / "small.toml"
    path.write_text(text.format(inputs=REPOSITORY / "inputs"))
    return path


def made(study: Study) -> Study:
    """A study with all its runs, made in this process."""
    provide_caches(os.environ)
    study.write()
    assert make_together(World(), study.runs) == 0
    return study
