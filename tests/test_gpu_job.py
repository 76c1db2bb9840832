"""Whole runs whose surrogate is on a GPU: they repeat themselves and resume exactly."""

from __future__ import annotations

import pytest
import torch

from tests.runs import (
    TINY,
    assert_no_difference,
    assert_same_checkpoints,
    finished,
    kill_when,
    newest,
    results,
)
from tests.support import python

#: Everything that has a form of its own on a GPU, and enough of it to be recorded.
ON_DEVICE = [
    *("--set", "inner_loop.archive=tensors"),
    *("--set", "inner_loop.iterations=75"),
    *("--set", "emitters.kind=iso_line"),
    *("--set", "surrogate.cuda_graphs=true"),
]
#: Mazes without start and goal, as those are that are tensors.
BARE = ["--set", "surrogate.inputs=published", "--set", "emitters.kind=map_elites"]
MARIO = ["-m", "dsage_mpi", "inputs/mario_tiny.toml", "--set", "report.figures=false"]
DEVICE = "cuda"


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize(
    "arguments",
    [TINY, MARIO, [*TINY, *ON_DEVICE, *BARE], [*MARIO, *ON_DEVICE]],
    ids=["maze", "mario", "maze on tensors", "mario on tensors"],
)
def test_killed_run_resumes_exactly_on_a_gpu(tmp_path, arguments):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    on_gpu = [*arguments, "--set", f"surrogate.device={DEVICE}"]
    finished(python(*on_gpu, "--run-dir", whole, timeout=300))
    kill_when([*on_gpu, "--run-dir", killed], killed / "checkpoints" / "checkpoint-000002.h5")
    finished(python("-m", "dsage_mpi", "--restart", killed, timeout=300))
    assert_no_difference(whole, killed)
    assert_same_checkpoints(newest(whole), newest(killed))
    assert results(killed) == results(whole)
