"""Stopping and going on: at every safe point there is, with real signals, files and limits."""

from __future__ import annotations

import errno
import os
import signal
from pathlib import Path

import numpy as np
import pytest

from dsage_mpi.farm import FarmSettings, World, open_farm
from dsage_mpi.outer.loop import OuterLoop
from dsage_mpi.outer.phases import Phases
from dsage_mpi.report.digest import digest
from dsage_mpi.run.stop import (
    SIGNALS,
    Requests,
    StopRequested,
    forget_requests,
    ignore_stop_signals,
)
from dsage_mpi.run.time_limit import Deadline
from dsage_mpi.rundir.journal import Journal
from dsage_mpi.rundir.journal_entries import read_entries
from dsage_mpi.rundir.journaled_farm import JournaledFarm
from tests.outer.loops import Silent
from tests.outer.toy import GridDomain, config


@pytest.fixture
def handlers():
    """Gives the signals back as they were."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # also where these tests run under nohup
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


class Counted(GridDomain):
    """Counts its simulations."""

    simulated = 0

    def simulate(self, tasks):
        type(self).simulated += len(tasks)
        return super().simulate(tasks)


def settings(method):
    tables = {}
    if method == "overlapped":
        method, tables = "dsage", {"outer_loop": {"mode": "overlapped"}}
    return config(
        method,
        **tables,
        # Several outer iterations of few evaluations, filled up with offspring now and then.
        algorithm={"max_evaluations": 60 if method == "map_elites" else 29},
        selection={"kind": "expected_gain", "count": 4, "at_least": 2, "offspring": 2},
        emitters={"batch_size": 5, "initial_population": 10},
        inner_loop={"iterations": 3},
        surrogate={"epochs": 1, "batch_size": 32},
    )


def run(method, journal_path, stop_at=None, state=None, chunk=3, phases=None):
    """Runs until the end or a safe point; returns the loop, how many there were, and if stopped."""
    count = 0

    def safe_point(phase, done, total):
        nonlocal count
        count += 1
        if phases is not None:
            phases.add(phase)
        if count == stop_at:
            raise StopRequested("the test")

    domain = Counted(fails=lambda task: task["seed"] % 11 == 0)
    journal = Journal(journal_path, "toy")
    with open_farm(
        World(),
        lambda: domain.simulate,
        domain.task_dtype,
        domain.result_dtype,
        FarmSettings(chunk=chunk),
    ) as farm:
        journaled = JournaledFarm(farm, journal, domain.result_dtype)
        loop = OuterLoop(settings(method), domain, journaled, Phases(Silent(), safe_point))
        if state is not None:
            loop.load_state(state)
            journaled.next_evaluation = len(loop.record)
        try:
            loop.run(lambda step: journal.checkpointed(len(loop.record)))
        except StopRequested:
            return loop, count, True
        finally:
            journal.close()
    return loop, count, False


@pytest.mark.parametrize("method", ["dsage", "overlapped", "map_elites"])
def test_stopped_at_any_safe_point_it_goes_on_to_the_same_end(method, tmp_path, monkeypatch):
    monkeypatch.setattr("dsage_mpi.farm.account.PROGRESS_SECONDS", 0.0)
    Counted.simulated = 0
    phases: set[str] = set()
    whole, points, _ = run(method, tmp_path / "whole", phases=phases)
    needed = Counted.simulated
    assert points > 20
    if method != "map_elites":
        assert {"train", "inner", "select", "evaluate"} == phases
    # Training is slow: of DSAGE's safe points some are enough, spread over all phases.
    for stop_at in range(1, points + 1, 1 if method == "map_elites" else 1 + points // 20):
        Counted.simulated = 0
        path = tmp_path / f"journal-{stop_at}"
        stopped, _, was_stopped = run(method, path, stop_at)
        assert was_stopped
        resumed, _, _ = run(method, path, state=stopped.state())
        assert digest(resumed.state()) == digest(whole.state()), stop_at
        # Nothing is simulated twice, nothing left out.
        assert Counted.simulated == needed, stop_at


@pytest.mark.parametrize("method", ["dsage", "overlapped"])
def test_stopped_again_and_again_it_still_gets_there(method, tmp_path, monkeypatch):
    monkeypatch.setattr("dsage_mpi.farm.account.PROGRESS_SECONDS", 0.0)
    whole, _, _ = run(method, tmp_path / "whole")
    state, stops = None, 0
    while True:
        # Far enough for one training, or one inner loop with its selection, or one chunk.
        loop, _, stopped = run(method, tmp_path / "journal", 14, state)
        if not stopped:
            break
        state, stops = loop.state(), stops + 1
        assert stops < 60
    assert stops > 3
    assert digest(loop.state()) == digest(whole.state())


def test_training_is_not_repeated_once_done(tmp_path):
    """A run that is stopped in its inner loop has kept its trained surrogate."""
    phases = []

    class Recorder(Silent):
        def phase(self, name, total=None):
            phases.append(name)

    def stop_in_inner(phase, done, total):
        if phase == "inner":
            raise StopRequested("the test")

    domain = GridDomain()
    with open_farm(
        World(), lambda: domain.simulate, domain.task_dtype, domain.result_dtype, FarmSettings()
    ) as farm:
        stopped = OuterLoop(settings("dsage"), domain, farm, Phases(Silent(), stop_in_inner))
        with pytest.raises(StopRequested):
            stopped.run(lambda step: None)
        resumed = OuterLoop(settings("dsage"), domain, farm, Phases(Recorder()))
        resumed.load_state(stopped.state())
        resumed.run(lambda step: None)
    assert phases[:5] == ["inner", "select", "evaluate", "train", "inner"]


def test_a_huge_inner_batch_can_be_stopped_in_its_middle():
    """And the pieces that it is predicted in change nothing."""
    huge = config(
        algorithm={"max_evaluations": 30},
        emitters={"count": 1, "batch_size": 1300},
        inner_loop={"iterations": 2},
    )
    points = []

    def loop_of(domain, farm):
        return OuterLoop(huge, domain, farm, Phases(Silent(), lambda *point: points.append(point)))

    domain = GridDomain()
    with open_farm(
        World(), lambda: domain.simulate, domain.task_dtype, domain.result_dtype, FarmSettings()
    ) as farm:
        pieces = loop_of(domain, farm)
        pieces.run(lambda step: None)
        inner = [done for phase, done, _ in points if phase == "inner"]
        assert inner[:6] == [0, 0, 0, 1, 1, 1]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("dsage_mpi.outer.beliefs._PIECE", 10**6)
            whole = loop_of(domain, farm)
            whole.run(lambda step: None)
    assert digest(pieces.state()) == digest(whole.state())


def test_journal_outlives_a_kill_between_two_checkpoints(tmp_path, monkeypatch):
    """Without any final checkpoint: the run starts at the last one, simulations are kept."""
    monkeypatch.setattr("dsage_mpi.farm.account.PROGRESS_SECONDS", 0.0)
    whole, points, _ = run("map_elites", tmp_path / "whole")
    path = tmp_path / "journal"
    run("map_elites", path, points // 4)
    kept = len(read_entries(path))
    assert kept > 0
    Counted.simulated = 0
    resumed, _, _ = run("map_elites", path)
    assert digest(resumed.state()) == digest(whole.state())


@pytest.mark.parametrize("number", SIGNALS)
def test_signals_are_noted_and_heeded_at_the_next_safe_point(tmp_path, handlers, number):
    requests = Requests(tmp_path, Deadline())
    requests.listen()
    requests.check()
    os.kill(os.getpid(), number)
    with pytest.raises(StopRequested, match=signal.Signals(number).name):
        requests.check()


def test_second_interrupt_is_for_at_once(tmp_path, handlers):
    requests = Requests(tmp_path, Deadline())
    requests.listen()
    os.kill(os.getpid(), signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_under_nohup_a_lost_terminal_is_no_matter(tmp_path, handlers):
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    requests = Requests(tmp_path, Deadline())
    requests.listen()
    os.kill(os.getpid(), signal.SIGHUP)
    requests.check()


def test_other_ranks_ignore_the_signals(handlers):
    ignore_stop_signals()
    for number in SIGNALS:
        os.kill(os.getpid(), number)


def test_stop_file(tmp_path):
    requests = Requests(tmp_path, Deadline())
    (tmp_path / "STOP").touch()
    with pytest.raises(StopRequested, match="STOP"):
        requests.check()
    forget_requests(tmp_path)
    assert not (tmp_path / "STOP").exists()
    requests.check()


def test_a_file_system_that_cannot_say_is_asked_again(tmp_path, monkeypatch):
    requests = Requests(tmp_path, Deadline())
    monkeypatch.setattr("dsage_mpi.run.stop._LOOK_SECONDS", 0.0)
    (tmp_path / "STOP").touch()

    def stale(path, **options):
        raise OSError(errno.ESTALE, "Stale file handle")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "stat", stale)
        requests.check()
    with pytest.raises(StopRequested):
        requests.check()


def test_checkpoint_file_saves_once_and_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr("dsage_mpi.run.stop._LOOK_SECONDS", 0.0)
    saved = []
    requests = Requests(tmp_path, Deadline(), save=lambda: saved.append(True))
    (tmp_path / "CHECKPOINT_NOW").touch()
    requests.check()
    requests.check()
    assert saved == [True]
    assert not (tmp_path / "CHECKPOINT_NOW").exists()


def unremovable(path):
    """A folder, say: whoever may not remove it sees the same again and again."""
    path.mkdir()
    return path


def test_a_checkpoint_file_that_stays_saves_once(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr("dsage_mpi.run.stop._LOOK_SECONDS", 0.0)
    saved = []
    requests = Requests(tmp_path, Deadline(), save=lambda: saved.append(True))
    path = unremovable(tmp_path / "CHECKPOINT_NOW")
    for _ in range(5):
        requests.check()
    assert saved == [True]
    (warning,) = caplog.messages
    assert f"cannot remove {path}" in warning
    os.utime(path, (1, 1))  # somebody touches it: asks again
    for _ in range(5):
        requests.check()
    assert saved == [True, True]
    path.rmdir()
    path.touch()
    requests.check()
    assert saved == [True, True, True]
    assert not path.exists()


@pytest.mark.parametrize("name", ["STOP", "CHECKPOINT_NOW"])
def test_a_request_of_an_earlier_start_that_stays_is_ignored(tmp_path, monkeypatch, caplog, name):
    monkeypatch.setattr("dsage_mpi.run.stop._LOOK_SECONDS", 0.0)
    path = unremovable(tmp_path / name)
    saved = []
    heeded = forget_requests(tmp_path)
    assert len(caplog.messages) == 1
    requests = Requests(tmp_path, Deadline(), lambda: saved.append(True), heeded)
    requests.check()
    assert saved == []
    os.utime(path, (1, 1))
    if name == "STOP":
        with pytest.raises(StopRequested, match="STOP"):
            requests.check()
    else:
        requests.check()
        assert saved == [True]


def test_time_limit_stops_before_its_end(tmp_path):
    with pytest.raises(StopRequested, match=r"run\.time_limit is near"):
        Requests(tmp_path, Deadline(0.0, "run.time_limit")).check()
    Requests(tmp_path, Deadline(1000.0, "run.time_limit")).check()


def test_failures_are_the_same_after_a_restart(tmp_path, monkeypatch):
    monkeypatch.setattr("dsage_mpi.farm.account.PROGRESS_SECONDS", 0.0)
    whole, _, _ = run("dsage", tmp_path / "whole")
    stopped, _, _ = run("dsage", tmp_path / "journal", 5)
    resumed, _, _ = run("dsage", tmp_path / "journal", state=stopped.state())
    assert whole.record.reasons.keys() == resumed.record.reasons.keys() != set()
    np.testing.assert_array_equal(whole.record["failed"], resumed.record["failed"])
