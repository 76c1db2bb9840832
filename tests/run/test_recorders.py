"""What a run writes down of itself: every second once."""

from __future__ import annotations

from contextlib import ExitStack, suppress

import numpy as np
import pytest

from dsage_mpi.farm import open_farm
from dsage_mpi.farm.launch import World
from dsage_mpi.farm.settings import FarmSettings
from dsage_mpi.run.lifecycle import assemble
from dsage_mpi.run.parts import Resources
from dsage_mpi.run.recorders.base import Recorder
from dsage_mpi.run.request import RunRequest
from dsage_mpi.run.stop import Requests, StopRequested
from dsage_mpi.run.time_limit import Deadline
from dsage_mpi.rundir.failures import read_failures
from dsage_mpi.rundir.run_directory import RunDirectory
from dsage_mpi.rundir.status import StatusFile, read_status
from tests.outer.toy import GridDomain, config

PARTS = ("train_s", "inner_s", "evaluate_s", "checkpoint_s")


class Noting(Recorder):
    """Notes which of its methods were called."""

    part = "noting"

    def __init__(self, calls):
        self.calls, self.loaded = calls, None

    def after_iteration(self, step):
        self.calls.append("after_iteration")

    def at_safe_point(self, phase, done, total):
        self.calls.append("at_safe_point")

    def on_stop(self, reason):
        self.calls.append("on_stop")

    def state(self):
        self.calls.append("state")
        return {"iterations": self.calls.count("after_iteration")}

    def load_state(self, tree):
        self.loaded = tree


@pytest.fixture
def start(tmp_path):
    """Makes a run of MAP-Elites that writes a checkpoint every ``every`` iterations."""
    with ExitStack() as opened:

        def make(every, fails=lambda task: False):
            settings = config("map_elites")
            often = settings.checkpoint.model_copy(update={"every": every, "min_seconds": 0})
            settings = settings.model_copy(update={"checkpoint": often})
            domain, directory = (
                GridDomain(fails),
                RunDirectory.create(tmp_path / f"run{len(list(tmp_path.iterdir()))}", "toy"),
            )
            task, result = domain.task_dtype, domain.result_dtype
            farm = open_farm(World(), lambda: domain.simulate, task, result, FarmSettings())
            requests = Requests(directory.path, Deadline(None))
            status = StatusFile(directory.status)
            resources = Resources(1, domain, farm, requests, status)
            request = RunRequest(settings, directory.path)
            return opened.enter_context(assemble(request, settings, resources))

        yield make


def test_a_checkpoint_counts_once_and_within_the_total(start):
    run = start(every=3)
    run.parts.loop.run(run.after_iteration)
    rows = run.parts.metrics.rows
    written = [row["iteration"] for row in rows if row["checkpoint_s"] is not None]
    assert len(rows) > 4
    assert written == [row["iteration"] for row in rows if row["iteration"] % 3 == 1][1:]
    assert written == [row["iteration"] for row in rows if row["checkpoint_mb"] is not None]
    for row in rows:
        assert sum(row[name] or 0.0 for name in PARTS) <= row["total_s"]


def test_checkpoints_in_the_middle_of_an_iteration_are_added_up(start):
    run = start(every=100)
    taken = []

    def after(step):
        if run.parts.loop.iteration == 3:
            raise StopIteration
        for _ in range(2 if run.parts.loop.iteration == 1 else 0):
            run.checkpoints.save_now()
            taken.append(run.checkpoints._seconds)
        run.after_iteration(step)

    with suppress(StopIteration):
        run.parts.loop.run(after)
    first, second = (row["checkpoint_s"] for row in run.parts.metrics.rows)
    assert first == pytest.approx(np.sum(taken))
    assert second is None


def test_a_restart_knows_what_a_checkpoint_takes_though_the_last_row_had_none(start):
    run = start(every=3)
    run.parts.loop.run(run.after_iteration)
    took = [row["checkpoint_s"] for row in run.parts.metrics.rows if row["checkpoint_s"]]
    assert run.parts.metrics.last["checkpoint_s"] is None
    heard = []
    run.parts.resources.requests.deadline.checkpoint_took = heard.append
    run.checkpoints.load_state({})
    assert heard == [took[-1]]


def test_every_recorder_goes_through_the_whole_life_of_a_run(start):
    run = start(every=100)
    calls = []
    recorder = Noting(calls)
    run.recorders.insert(0, recorder)

    def after(step):
        run.after_iteration(step)
        if run.parts.loop.iteration == 2:
            run.parts.resources.requests._signal = "SIGTERM"

    with pytest.raises(StopRequested) as stop:
        run.parts.loop.run(after)
    run.on_stop(str(stop.value))
    assert calls.count("after_iteration") == 2
    assert calls.count("at_safe_point") > 4
    assert calls[-2:] == ["state", "on_stop"]  # the checkpoint comes first, as it is the last
    assert run.state()["noting"] == {"iterations": 2}
    assert (run.parts.directory.path / "checkpoints" / "final.h5").exists()
    assert read_status(run.parts.directory.status)["state"] == "stopped"


def test_a_recorder_gets_its_own_part_of_the_checkpoint_back(start):
    run = start(every=100)
    calls = []
    run.recorders.insert(0, Noting(calls))
    run.parts.loop.run(run.after_iteration)
    tree = run.state()
    again = start(every=100)
    again.recorders.insert(0, recorder := Noting([]))
    again.load_state(tree)
    assert recorder.loaded == tree["noting"]
    assert again.parts.metrics.rows == run.parts.metrics.rows


def test_failures_are_in_their_file_after_the_iteration(start):
    run = start(every=100, fails=lambda task: task["seed"] % 5 == 0)
    run.parts.loop.run(run.after_iteration)
    numbers = [failure["evaluation"] for failure in read_failures(run.parts.directory.failures)]
    assert numbers == sorted(run.parts.loop.record.reasons)
    assert numbers
