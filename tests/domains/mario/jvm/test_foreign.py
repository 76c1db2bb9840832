"""A jar of the user's own, through the public interface of the Mario AI Framework."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest

from dsage_mpi.domains.base import DomainError, SimulatorLostError, TasksFailedError
from dsage_mpi.domains.mario.records import TIME_OUT, WIN
from dsage_mpi.domains.mario.simulator import MarioSimulator
from tests.domains.mario.jvm.games import expected, make_tasks, settings

TOPS = ["", "SSS", "--S-S", "F", "----|", "SSSSSSSS", "-" * 55]


@pytest.mark.parametrize("agent", ["walker", "agents.walker.Agent"])
def test_every_field_of_the_records(foreign_jar: Path, agent: str) -> None:
    with MarioSimulator(settings(foreign_jar, agent)) as simulator:
        results = simulator(make_tasks(TOPS))
    wanted = expected(TOPS)
    assert set(wanted["rollout"]["status"].ravel()) == {WIN, TIME_OUT}
    for field in wanted["rollout"].dtype.names:
        np.testing.assert_array_equal(results["rollout"][field], wanted["rollout"][field], field)
    np.testing.assert_array_equal(results["occupancy"], wanted["occupancy"])


@pytest.mark.parametrize("locale", ["C", "en_XX.UTF-8"], ids=["C", "not here"])
def test_a_jar_may_lie_anywhere_in_any_locale(
    foreign_jar: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, locale: str
) -> None:
    """Java cannot open what its locale has no letters for; ssh brings that of another machine."""
    jar = tmp_path / "Jürgen's 馬里奧" / "a b.jar"
    jar.parent.mkdir()
    shutil.copy(foreign_jar, jar)
    monkeypatch.setenv("LC_ALL", locale)
    with MarioSimulator(settings(jar)) as simulator:
        np.testing.assert_array_equal(simulator(make_tasks(["S"])), expected(["S"]))


def test_timer_is_the_configured_one(foreign_jar: Path) -> None:
    with MarioSimulator(settings(foreign_jar, "walker", timer_seconds=3)) as simulator:
        results = simulator(make_tasks(["|"]))
    np.testing.assert_array_equal(results["rollout"]["ticks"], 100)
    np.testing.assert_array_equal(results["rollout"]["status"], TIME_OUT)


def test_replay_gives_the_path(foreign_jar: Path) -> None:
    (task,) = make_tasks(["S"])
    with MarioSimulator(settings(foreign_jar, "walker")) as simulator:
        replay = simulator.replay(task["level"], 40)
    np.testing.assert_array_equal(replay["x"][:3], np.float32([16, 24, 32]))
    np.testing.assert_array_equal(replay["y"][:3], np.float32([207, 223, 223]))
    np.testing.assert_array_equal(replay["action"][:3], [2 + 16, 2, 2])
    np.testing.assert_array_equal(replay["mode"][:4], [0, 1, 2, 0])
    assert replay["status"].tolist() == [0] * (len(replay["x"]) - 1) + [WIN]


def test_a_java_exception_comes_with_its_stack_trace(foreign_jar: Path) -> None:
    tops = ["", "X", "S"]
    with MarioSimulator(settings(foreign_jar)) as simulator:
        with pytest.raises(TasksFailedError) as caught:
            simulator(make_tasks(tops))
        with pytest.raises(RuntimeError, match="the agent is lost"):
            simulator.replay(make_tasks(["X"])["level"][0], 40)
    assert list(caught.value.reasons) == [1]
    reason = caught.value.reasons[1]
    assert "java.lang.IllegalStateException: the agent is lost" in reason
    assert "at agents.fickle.Agent.getActions(Agent.java:" in reason
    assert "at engine.core.MarioGame.runGame(MarioGame.java:" in reason
    np.testing.assert_array_equal(caught.value.results[::2], expected(tops)[::2])


def test_a_jar_that_is_not_there_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(
        DomainError, match=r'simulator.jar = ".*none.jar": does not exist on this host'
    ):
        MarioSimulator(settings(tmp_path / "none.jar"))


def test_an_agent_that_is_not_there_is_named(foreign_jar: Path) -> None:
    with (
        MarioSimulator(settings(foreign_jar, "nobody")) as simulator,
        pytest.raises(SimulatorLostError, match=r"simulator.agent: .* no class agents.nobody.Age"),
    ):
        simulator(make_tasks([""]))


def test_a_file_that_is_no_jar(tmp_path: Path) -> None:
    (tmp_path / "odd.jar").write_text("what?")
    with (
        MarioSimulator(settings(tmp_path / "odd.jar")) as simulator,
        pytest.raises(SimulatorLostError, match=r"simulator.jar: .* no class engine.core.Mario"),
    ):
        simulator(make_tasks([""]))


def test_a_framework_of_another_time_is_refused(foreign_jar: Path, tmp_path: Path) -> None:
    """One in which results know no jumps."""
    jar = tmp_path / "old.jar"
    with zipfile.ZipFile(foreign_jar) as source, zipfile.ZipFile(jar, "w") as target:
        for name in source.namelist():
            code = source.read(name)
            target.writestr(name, code.replace(b"getNumJumps", b"getNumHopss"))
    with (
        MarioSimulator(settings(jar)) as simulator,
        pytest.raises(SimulatorLostError, match=r"MarioResult has no getNumJumps; expected the"),
    ):
        simulator(make_tasks([""]))
