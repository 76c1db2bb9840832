from __future__ import annotations

import numpy as np
import pytest

from dsage_mpi.farm import FarmError, FarmSettings, World, idle_share, open_farm
from dsage_mpi.isolation import Factory, IsolatedSimulator
from tests.farm.toy import RESULT, TASK, Kind, ToySimulator, expected, make_tasks
from tests.isolation import toy as isolated


def serial(settings=None, make=ToySimulator):
    return open_farm(World(), make, TASK, RESULT, settings or FarmSettings())


@pytest.mark.parametrize("chunk", [1, 3, "auto"])
@pytest.mark.parametrize("dispatch", ["dynamic", "static"])
@pytest.mark.parametrize("count", [0, 1, 17])
def test_results_are_in_task_order(chunk, dispatch, count):
    tasks = make_tasks(count, {5: Kind.RAISE} if count > 5 else None)
    with serial(FarmSettings(chunk=chunk, dispatch=dispatch)) as farm:
        outcome = farm.evaluate(tasks, np.arange(count) + 1.0)
    assert outcome.results.tobytes() == expected(tasks).tobytes()
    assert outcome.results.shape == outcome.failed.shape == outcome.seconds.shape == (count,)
    assert list(outcome.reasons) == np.flatnonzero(outcome.failed).tolist()
    assert (outcome.ranks == 0).all()


def test_reasons_are_in_task_order():
    cost = np.arange(1, 7)
    with serial(FarmSettings(chunk=1)) as farm:
        outcome = farm.evaluate(make_tasks(6, {1: Kind.NAN, 4: Kind.RAISE}), cost)
    assert list(outcome.reasons) == [1, 4]


def test_progress_ends_with_the_totals():
    calls = []
    with serial() as farm:
        farm.evaluate(make_tasks(9, {2: Kind.NAN}), on_progress=lambda *done: calls.append(done))
        farm.evaluate(make_tasks(0), on_progress=lambda *done: calls.append(done))
    assert calls[-2:] == [(9, 1), (0, 0)]


def test_statistics_and_laps():
    with serial(FarmSettings(chunk=2)) as farm:
        farm.evaluate(make_tasks(4, {0: Kind.RAISE}))
        (first,) = farm.lap()
        farm.evaluate(make_tasks(6))
        (second,) = farm.lap()
    (total,) = farm.stats()
    assert (first.tasks, first.failures, first.batches) == (4, 1, 2)
    assert (second.tasks, second.failures, second.batches) == (6, 0, 3)
    assert (total.rank, total.tasks, total.failures) == (0, 10, 1)
    assert total.busy_seconds == pytest.approx(first.busy_seconds + second.busy_seconds)
    assert 0 <= idle_share([total]) <= 1
    assert total.host


def test_a_lost_simulator_ends_the_evaluation_with_its_message():
    toy = ToySimulator()
    with (
        pytest.raises(FarmError, match="rank 0 cannot simulate any more: the engine is gone; ins"),
        serial(FarmSettings(chunk=2), lambda: toy) as farm,
    ):
        farm.evaluate(make_tasks(6, {3: Kind.LOST}))
    assert toy.calls == [2, 2]
    assert toy.closed


def test_equal_failure_texts_are_one_object():
    heard = []
    with serial(FarmSettings(chunk=1)) as farm:
        tasks = make_tasks(6, {1: Kind.NAN, 3: Kind.NAN})
        first = farm.evaluate(tasks, on_results=lambda *chunk: heard.extend(chunk[2].values()))
        second = farm.evaluate(tasks)
    texts = [*first.reasons.values(), *second.reasons.values(), *heard]
    assert len(texts) == 6
    assert len({id(text) for text in texts}) == 1


def test_ctrl_c_stops_a_serial_run_and_leaves_the_farm_usable():
    with serial() as farm:
        with pytest.raises(KeyboardInterrupt):
            farm.evaluate(make_tasks(3, {1: Kind.INTERRUPT}))
        assert not farm.evaluate(make_tasks(3)).failed.any()


def test_progress_can_stop_the_wait_for_a_simulator_that_hangs():
    class EnoughError(Exception):
        pass

    def leave(done, failed):
        raise EnoughError

    def make():
        return IsolatedSimulator(
            Factory("tests.isolation.toy:Toy"),
            isolated.TASK,
            isolated.RESULT,
            deadline_seconds=600,
        )

    tasks = isolated.make_tasks(4, {2: isolated.Deed.SLEEP})
    settings = FarmSettings(retries=3)
    with open_farm(World(), make, isolated.TASK, isolated.RESULT, settings) as farm:
        for _ in range(2):
            with pytest.raises(EnoughError):
                farm.evaluate(tasks, on_progress=leave)
        outcome = farm.evaluate(isolated.make_tasks(4))
        assert not outcome.failed.any()
        assert outcome.results["number"].tolist() == [100, 101, 102, 103]


def test_a_simulator_that_cannot_be_built():
    def make():
        raise OSError("no agent in agents/lost.npz")

    with pytest.raises(FarmError, match=r"rank 0 could not build(.|\n)*OSError: no agent in"):
        serial(make=make)


@pytest.mark.parametrize(
    "tasks", [np.zeros(3), make_tasks(4).reshape(2, 2)], ids=["dtype", "shape"]
)
def test_other_tasks_are_refused(tasks):
    with serial() as farm, pytest.raises(ValueError, match=r"expected shape \(n,\) and dtype"):
        farm.evaluate(tasks)


def test_every_other_task_of_an_array():
    tasks = make_tasks(10)[::2]
    with serial() as farm:
        assert farm.evaluate(tasks).results.tobytes() == expected(tasks).tobytes()


@pytest.mark.parametrize("dtype", [np.dtype(object), np.dtype([("a", "O")]), np.dtype("V0")])
def test_dtypes_that_cannot_travel_are_refused(dtype):
    with pytest.raises(ValueError, match="task dtype"):
        open_farm(World(), ToySimulator, dtype, RESULT, FarmSettings())


def test_a_closed_farm_says_so():
    farm = serial()
    farm.close()
    farm.close()
    with pytest.raises(FarmError, match="closed"):
        farm.evaluate(make_tasks(1))
