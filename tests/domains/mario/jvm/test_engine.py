"""Our own engine behind the process border; that its games are right is tested beside it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from dsage_mpi.core.domain import DomainError, SimulatorLostError, TasksFailedError
from dsage_mpi.domains.mario.jvm.jar import JAR, find_jar
from dsage_mpi.domains.mario.records import WIN
from dsage_mpi.domains.mario.simulator import MarioSimulator
from tests.domains.mario.jvm.games import change_option, own_settings, own_tasks
from tests.support import python


@pytest.fixture(scope="module")
def simulator() -> Iterator[MarioSimulator]:
    with MarioSimulator(own_settings()) as running:
        yield running


def test_a_result_depends_on_its_task_alone(simulator: MarioSimulator) -> None:
    tasks = own_tasks(12)
    results = simulator(tasks)
    assert 0 < (results["rollout"]["status"] == WIN).sum() < results["rollout"].size
    np.testing.assert_array_equal(simulator(tasks[::-1]), results[::-1])
    with MarioSimulator(own_settings()) as another:
        np.testing.assert_array_equal(another(tasks[4:6]), results[4:6])


def test_replay_shows_the_same_game(simulator: MarioSimulator) -> None:
    (task,) = own_tasks(3)[2:]
    (result,) = simulator(np.array([task]))
    replay = simulator.replay(task["level"], int(task["budget"][0]))
    first = result["rollout"][0]
    assert len(replay["x"]) == first["ticks"]
    assert replay["status"][-1] == first["status"]
    assert replay["mode"][-1] == first["mode"]
    assert first["completion"] == np.float32(replay["x"][-1]) / np.float32(16 * 55)
    visits = np.zeros((16, 56), np.int32)
    rows, columns = (np.trunc(replay[axis] / 16).astype(int) for axis in "yx")
    inside = (rows >= 0) & (rows < 16) & (columns >= 0) & (columns < 56)
    np.add.at(visits, (rows[inside], columns[inside]), 1)
    np.testing.assert_array_equal(result["occupancy"], 2 * visits)
    assert replay["tiles"].shape == (first["ticks"], 16, 56)
    assert len(replay["sprite_type"]) == replay["sprite_offset"][-1] > 0


def test_each_rollout_has_its_own_budget(simulator: MarioSimulator) -> None:
    tasks = own_tasks(6)
    tasks["budget"] = [200, 20]
    results = simulator(tasks)["rollout"]
    np.testing.assert_array_equal(results[:, 0], simulator(own_tasks(6))["rollout"][:, 0])
    assert (results["nodes_max"] <= [200, 20]).all()
    assert (results["nodes_max"][:, 1] == 20).any()


def test_a_tile_that_does_not_exist_is_named(simulator: MarioSimulator) -> None:
    tasks = own_tasks(3)
    tasks["level"][1, 3, 5] = 17
    with pytest.raises(TasksFailedError) as caught:
        simulator(tasks)
    assert list(caught.value.reasons) == [1]
    assert "IllegalArgumentException" in caught.value.reasons[1]
    assert "row 3" in caught.value.reasons[1]
    assert "column 5" in caught.value.reasons[1]
    np.testing.assert_array_equal(caught.value.results[::2], simulator(tasks[::2]))


def test_settings_reach_the_engine() -> None:
    tasks = own_tasks(4, budget=3)
    settings = own_settings(planner="wallclock", timer_seconds=1, start_state=2)
    with MarioSimulator(settings) as simulator:
        results = simulator(tasks)["rollout"]
    assert results["ticks"].max() <= 34, "a second of 30 ms ticks"
    assert (results["mode"] == 2).any()
    assert results["nodes"].min() > 0


def test_the_package_has_its_jar() -> None:
    assert find_jar().name == JAR


def test_without_java_or_jar_a_run_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dsage_mpi.domains.mario.jvm.jar.JAR", "none.jar")
    with pytest.raises(DomainError, match="no Java compiler when the package was built"):
        MarioSimulator(own_settings())


@pytest.mark.parametrize(
    ("patch", "text"),
    [
        ("jpype.getDefaultJVMPath = missing", "there is none on this host: install a JDK"),
        ("start.find_spec = lambda name: None", "Mario needs JPype"),
        ("start.OLDEST_JAVA = 99", "which is too old: install a JDK"),
    ],
)
def test_what_the_host_lacks_is_said_in_one_line(patch: str, text: str) -> None:
    """In processes of their own, where something is taken away."""
    code = f"""
import jpype
from dsage_mpi.core.domain import DomainError
from dsage_mpi.domains.mario.jvm import start
from dsage_mpi.domains.mario.jvm.jar import find_jar
def missing():
    raise jpype.JVMNotFoundException("no JVM")
{patch}
try:
    start.start_jvm(str(find_jar()), 64)
except DomainError as error:
    print(error)
"""
    done = python("-c", code)
    (line,) = done.stdout.splitlines()
    assert text in line


def test_a_lost_jar_ends_the_run_and_not_each_task() -> None:
    simulator = MarioSimulator(own_settings())
    change_option(simulator, jar="/no/such.jar")
    with pytest.raises(SimulatorLostError, match=r"dsage.mario.Evaluator"):
        simulator(own_tasks(2))
    assert simulator._child.starts == 1
