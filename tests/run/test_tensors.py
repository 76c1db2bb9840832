"""Whole runs whose inner loops are tensors: nothing differs from those on the host."""

from __future__ import annotations

import numpy as np
import pytest

from tests.runs import TINY, digest, finished
from tests.support import python

BARE = [*TINY, "--set", "surrogate.inputs=published", "--set", "surrogate.members=2"]
MARIO = ["-m", "dsage_mpi", "inputs/mario_tiny.toml", "--set", "report.figures=false"]
MARIO += ["--set", "emitters.kind=iso_line", "--set", "surrogate.planes=true"]


@pytest.mark.parametrize("arguments", [BARE, MARIO], ids=["maze", "mario"])
def test_a_run_on_tensors_is_the_run_on_the_host(tmp_path, arguments):
    runs = {name: tmp_path / name for name in ("native", "tensors")}
    for archive, run_dir in runs.items():
        own = ["--set", f"inner_loop.archive={archive}", "--run-dir", run_dir]
        finished(python(*arguments, *own, timeout=300))
    assert digest(runs["native"]) == digest(runs["tensors"])
    found = [np.load(run_dir / "surrogate_archive.npz") for run_dir in runs.values()]
    assert found[0].files == found[1].files
    for name in found[0].files:
        np.testing.assert_array_equal(found[0][name], found[1][name])


def test_levels_that_are_no_tensors_are_refused(tmp_path):
    done = python(*TINY, "--set", "inner_loop.archive=tensors", "--run-dir", tmp_path / "run")
    assert done.returncode == 2
    assert 'inner_loop.archive = "native"' in done.stderr
    assert "Traceback" not in done.stderr
