"""What a run writes down of itself: every second once."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
import pytest

from dsage_mpi.farm import open_farm
from dsage_mpi.farm.launch import World
from dsage_mpi.farm.settings import FarmSettings
from dsage_mpi.outer.loop import OuterLoop
from dsage_mpi.outer.phases import Phases
from dsage_mpi.run.checkpoint_header import Header
from dsage_mpi.run.observer import Observer
from dsage_mpi.run.progress import Progress
from dsage_mpi.run.time_limit import Deadline
from dsage_mpi.rundir.run_directory import RunDirectory
from tests.outer.toy import GridDomain, config

PARTS = ("train_s", "inner_s", "evaluate_s", "checkpoint_s")


@pytest.fixture
def observed(tmp_path):
    """Makes an observed run of MAP-Elites that writes a checkpoint every ``every`` iterations."""

    def make(every):
        settings = config("map_elites")
        often = settings.checkpoint.model_copy(update={"every": every, "min_seconds": 0})
        settings = settings.model_copy(update={"checkpoint": often})
        domain, progress = GridDomain(), Progress(False, 100)
        task, result = domain.task_dtype, domain.result_dtype
        farm = open_farm(World(), lambda: domain.simulate, task, result, FarmSettings())
        phases = Phases(progress)
        loop = OuterLoop(settings, domain, farm, phases)
        header = Header({"config": "", "versions": ""}, {"world_size": 1})
        directory = RunDirectory.create(tmp_path / "run", "toy")
        deadline = Deadline(None)
        observer = Observer(loop, farm, directory, progress, phases, header, deadline=deadline)
        return loop, observer

    return make


def test_a_checkpoint_counts_once_and_within_the_total(observed):
    loop, observer = observed(every=3)
    loop.run(observer.after_iteration)
    rows = observer.metrics.rows
    written = [row["iteration"] for row in rows if row["checkpoint_s"] is not None]
    assert len(rows) > 4
    assert written == [row["iteration"] for row in rows if row["iteration"] % 3 == 1][1:]
    assert written == [row["iteration"] for row in rows if row["checkpoint_mb"] is not None]
    for row in rows:
        assert sum(row[name] or 0.0 for name in PARTS) <= row["total_s"]


def test_checkpoints_in_the_middle_of_an_iteration_are_added_up(observed):
    loop, observer = observed(every=100)
    taken = []

    def after(step):
        if loop.iteration == 3:
            raise StopIteration
        for _ in range(2 if loop.iteration == 1 else 0):
            observer.save_now()
            taken.append(observer._checkpoint_seconds)
        observer.after_iteration(step)

    with suppress(StopIteration):
        loop.run(after)
    first, second = (row["checkpoint_s"] for row in observer.metrics.rows)
    assert first == pytest.approx(np.sum(taken))
    assert second is None


def test_a_restart_knows_what_a_checkpoint_takes_though_the_last_row_had_none(observed):
    loop, observer = observed(every=3)
    loop.run(observer.after_iteration)
    took = [row["checkpoint_s"] for row in observer.metrics.rows if row["checkpoint_s"]]
    assert observer.metrics.last["checkpoint_s"] is None
    heard = []
    observer._deadline.checkpoint_took = heard.append
    observer.load_state(observer.state())
    assert heard == [took[-1]]
