"""`sweep --submit` under a real Slurm: an array that makes the runs of a study."""

from __future__ import annotations

import re

from tests.study.conftest import write_small
from tests.support import REPOSITORY, python

STUDY = """
title = "Two runs"
seeds = [1, 2]

[set.report]
figures = false
[set.algorithm]
max_evaluations = 30
[set.domain]
rollouts = 1

[rows.me]
input = "{inputs}/maze_tiny.toml"
set.algorithm.method = "map_elites"
set.emitters.batch_size = 2
"""


def test_an_array_makes_a_study(cluster, tmp_path):
    file, study, output = write_small(tmp_path, STUDY), tmp_path / "study", tmp_path / "out-%a"
    sweep = ("-m", "dsage_mpi", "sweep", file, "--study-dir", study)
    options = ("--mem-per-cpu=50M", "--time=4", f"--output={output}")
    asked = [f"--sbatch={option}" for option in options]
    done = python(*sweep, "--submit", "--ranks", "2", *asked, env=cluster.environment)
    assert done.returncode == 0, done.stderr
    number = re.search(r"Submitted batch job (\d+)", done.stdout)
    assert number is not None, done.stdout
    for task in (0, 1):
        told = tmp_path / f"out-{task}"
        assert cluster.wait(f"{number[1]}_{task}", told, 200) == "COMPLETED", told.read_text()
        assert "seed " in told.read_text()
        assert "2 rank(s)" in told.read_text()
    again = python(*sweep, "--submit", env=cluster.environment, cwd=REPOSITORY)
    assert again.stdout.strip() == f"all 2 runs in {study} are done"
