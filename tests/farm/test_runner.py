from __future__ import annotations

import os

import numpy as np
import pytest

from dsage_mpi.core.domain import SimulatorLostError, TasksFailedError
from dsage_mpi.farm.runner import REASON_CHARACTERS, Runner, describe
from tests.farm.toy import RESULT, Kind, ToySimulator, expected, make_tasks


def test_a_good_batch_is_one_call():
    simulator, tasks = ToySimulator(), make_tasks(6)
    batch = Runner(simulator, RESULT).run(tasks)
    assert batch.results.tobytes() == expected(tasks).tobytes()
    assert not batch.failed.any()
    assert batch.reasons == {}
    assert simulator.calls == [6]
    assert (batch.seconds > 0).all()


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Kind.RAISE, "ZeroDivisionError: the level divides by zero"),
        (Kind.WRONG_DTYPE, "garbage: the simulator returned an array of shape (1,) and dtype f"),
        (Kind.NAN, "field 'inner.grid' holds nan (1 of 6 values)"),
        (Kind.SYSTEM_EXIT, "SystemExit: 3"),
        (Kind.INTERRUPT, "KeyboardInterrupt"),
        (Kind.WRONG_LENGTH, "garbage: the simulator returned an array of shape (0,)"),
        (Kind.NO_ARRAY, "garbage: the simulator returned NoneType, expected"),
        (Kind.SPOIL_TASKS, "RuntimeError: spoilt the tasks"),
    ],
)
@pytest.mark.parametrize("count", [1, 5])
def test_only_the_guilty_task_fails(kind, text, count):
    guilty = count // 2
    tasks = make_tasks(count, {guilty: kind})
    batch = Runner(ToySimulator(), RESULT).run(tasks)
    assert np.flatnonzero(batch.failed).tolist() == [guilty] == list(batch.reasons)
    assert text in batch.reasons[guilty]
    assert batch.results.tobytes() == expected(tasks).tobytes()


def test_a_simulator_may_say_which_tasks_failed():
    simulator, tasks = ToySimulator(), make_tasks(6, {1: Kind.BLAMED, 4: Kind.BLAMED})
    batch = Runner(simulator, RESULT).run(tasks)
    assert simulator.calls == [6], "nothing has to be run again to find the guilty ones"
    assert batch.reasons == {1: "it was this one", 4: "it was this one"}
    assert np.flatnonzero(batch.failed).tolist() == [1, 4]
    assert batch.results.tobytes() == expected(tasks).tobytes()
    assert batch.lost == ""


def test_blamed_and_unfit_results_are_both_found_and_tried_again():
    simulator, tasks = ToySimulator(), make_tasks(4, {0: Kind.NAN, 3: Kind.BLAMED})
    batch = Runner(simulator, RESULT, retries=1).run(tasks)
    assert simulator.calls == [4, 1, 1]
    assert list(batch.reasons) == [0, 3]


@pytest.mark.parametrize("position", [-1, 2])
def test_blaming_a_task_that_is_not_there_is_garbage(position):
    def simulator(tasks):
        raise TasksFailedError(expected(tasks), {position: "not me"})

    batch = Runner(simulator, RESULT).run(make_tasks(2))
    assert batch.failed.all()
    assert "garbage: the simulator blames task" in batch.reasons[0]


def test_a_lost_simulator_blames_no_task():
    simulator = ToySimulator()
    batch = Runner(simulator, RESULT, retries=3).run(make_tasks(3, {1: Kind.LOST}))
    assert batch.lost == "the engine is gone; install it"
    assert simulator.calls == [3]
    assert not batch.failed.any()
    assert batch.reasons == {}


def test_a_lost_simulator_is_asked_no_more():
    simulator = ToySimulator()
    runner = Runner(simulator, RESULT)
    runner.run(make_tasks(2, {1: Kind.LOST}))
    assert runner.run(make_tasks(2)).lost == "the engine is gone; install it"
    assert simulator.calls == [2]


@pytest.mark.parametrize("text", ["", " \n\t"])
def test_a_failure_always_has_words(text):
    def fails(tasks):
        raise TasksFailedError(expected(tasks), {0: text, 2: "a reason"})

    def is_lost(tasks):
        raise SimulatorLostError(text)

    batch = Runner(fails, RESULT).run(make_tasks(3))
    assert batch.reasons == {0: "no reason given", 2: "a reason"}
    assert Runner(is_lost, RESULT).run(make_tasks(3)).lost == "no reason given"


def test_simulators_are_closed_if_they_can_be():
    simulator = ToySimulator()
    Runner(simulator, RESULT).close()
    assert simulator.closed
    Runner(FailsAtFirst(0), RESULT).close()


def test_tracebacks_show_the_simulator_and_not_the_farm():
    reason = Runner(ToySimulator(), RESULT).run(make_tasks(1, {0: Kind.RAISE})).reasons[0]
    assert "toy.py" in reason
    assert "runner.py" not in reason


def test_tasks_stay_what_they_were():
    tasks = make_tasks(3, {0: Kind.SPOIL_TASKS})
    before = tasks.tobytes()
    Runner(ToySimulator(), RESULT).run(tasks)
    assert tasks.tobytes() == before


@pytest.mark.parametrize("fails", [False, True])
def test_a_simulator_that_goes_elsewhere_takes_nobody_along(tmp_path, monkeypatch, fails):
    """A run directory is relative, and in one process the simulator's folder is the run's."""
    monkeypatch.chdir(tmp_path)

    def simulator(tasks):
        os.chdir("/")
        return None if fails else expected(tasks)

    Runner(simulator, RESULT).run(make_tasks(2))
    assert os.getcwd() == str(tmp_path)


class FailsAtFirst:
    """Raises in its first ``times`` calls."""

    def __init__(self, times):
        self.left = times

    def __call__(self, tasks):
        self.left -= 1
        if self.left >= 0:
            raise OSError("for a while")
        return expected(tasks)


@pytest.mark.parametrize("count", [1, 3])
def test_retries_save_tasks_that_fail_by_chance(count):
    tasks = make_tasks(count)
    batch = Runner(FailsAtFirst(3), RESULT, retries=3).run(tasks)
    assert not batch.failed.any()
    assert batch.results.tobytes() == expected(tasks).tobytes()


def test_retries_come_to_an_end():
    simulator = ToySimulator()
    batch = Runner(simulator, RESULT, retries=2).run(make_tasks(2, {1: Kind.NAN}))
    assert batch.failed.tolist() == [False, True]
    assert simulator.calls == [2, 1, 1]


def test_ctrl_c_gets_through_where_it_is_the_users():
    with pytest.raises(KeyboardInterrupt):
        Runner(ToySimulator(), RESULT, interruptible=True).run(make_tasks(2, {0: Kind.INTERRUPT}))


class Waiting:
    """Waits a little, and makes something of its own of what ends the wait."""

    def __init__(self, error=None):
        self.error = error

    def call_while_waiting(self, on_wait):
        self.on_wait = on_wait

    def __call__(self, tasks):
        try:
            self.on_wait()
        except BaseException as error:
            raise self.error or error from error
        return expected(tasks)


@pytest.mark.parametrize("own", [None, ValueError("not me"), SimulatorLostError("gone")])
def test_what_ends_a_wait_is_no_failure(own):
    class EnoughError(Exception):
        pass

    enough = EnoughError()

    def stop():
        raise enough

    runner = Runner(Waiting(own), RESULT, retries=2, interruptible=True)
    with pytest.raises(EnoughError) as caught:
        runner.run(make_tasks(3), stop)
    assert caught.value is enough
    assert not runner.run(make_tasks(3)).failed.any(), "it is forgotten"
    assert not runner.run(make_tasks(3), lambda: None).failed.any()


def test_other_ranks_have_nobody_to_interrupt_them():
    simulator = Waiting()
    Runner(simulator, RESULT)
    assert not hasattr(simulator, "on_wait")


def test_endless_messages_are_cut():
    text = describe(ValueError("begin" + "x" * 10**6 + "end"))
    assert len(text) < REASON_CHARACTERS + 100
    assert "begin" in text
    assert text.rstrip().endswith("end")
