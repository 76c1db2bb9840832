"""kill -9 of every JVM in the middle of a run on three ranks changes no result."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from dsage_mpi.domains.mario.simulator import MarioSimulator
from tests.domains.mario.jvm.games import own_settings, own_tasks
from tests.domains.mario.jvm.killed import TASKS


def test_killed_under_mpi(mpirun: Callable[..., Any], tmp_path: Path) -> None:
    done = mpirun(3, "-m", "tests.domains.mario.jvm.killed", tmp_path / "results.npy", timeout=120)
    assert done.returncode == 0, done.stderr
    with MarioSimulator(own_settings()) as simulator:
        wanted = simulator(own_tasks(TASKS))
    assert np.load(tmp_path / "results.npy").tobytes() == wanted.tobytes()
