"""A jar of the user's own, through the public interface of the Mario AI Framework."""

from __future__ import annotations

import re
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest

from dsage_mpi.core.domain import DomainError, SimulatorLostError, TasksFailedError
from dsage_mpi.domains.mario.records import TIME_OUT, WIN
from dsage_mpi.domains.mario.results import impossible
from dsage_mpi.domains.mario.simulator import MarioSimulator
from dsage_mpi.rundir.status import read_status
from tests.domains.mario.jvm.games import expected, make_tasks, settings
from tests.support import python

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


def test_an_exception_whose_text_is_no_unicode_comes_with_its_stack_trace(
    foreign_jar: Path,
) -> None:
    """Half a character in it made JPype lose all of it."""
    with (
        MarioSimulator(settings(foreign_jar, "hopeless")) as simulator,
        pytest.raises(TasksFailedError) as caught,
    ):
        simulator(make_tasks(["", "S"]))
    assert list(caught.value.reasons) == [0, 1]
    for reason in caught.value.reasons.values():
        assert "java.lang.IllegalStateException: no hope ? at all" in reason
        assert "at agents.hopeless.Agent.getActions(Agent.java:" in reason
        assert "UnicodeDecodeError" not in reason


@pytest.mark.parametrize(
    ("corner", "told"),
    [
        ("t", "completion = 1e+30, expected 0 to 1"),
        ("@", "completion = -5, expected 0 to 1"),
        ("!", "jumps = -3, expected 0 to 100000000"),
    ],
)
def test_games_that_cannot_have_been_are_told_apart(
    foreign_jar: Path, corner: str, told: str
) -> None:
    with MarioSimulator(settings(foreign_jar)) as simulator:
        results = simulator(make_tasks(["", corner, "SSS"]))
    assert impossible(results) == {1: told}


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


@pytest.mark.parametrize(
    ("overrides", "told"),
    [
        (["agent=nobody"], "domain.simulator.agent: .* has no class agents.nobody.Agent"),
        (["agent=walker", "jar=EMPTY"], "domain.simulator.jar: .* no class engine.core.MarioGame"),
    ],
    ids=["agent", "jar"],
)
@pytest.mark.parametrize("dry", [True, False])
def test_a_simulator_that_does_not_start_is_found_before_anything_begins(
    foreign_jar: Path, tmp_path: Path, overrides: list[str], told: str, dry: bool
) -> None:
    (tmp_path / "odd.jar").write_text("what?")
    given = [f"jar={foreign_jar}", *overrides]
    given = [text.replace("EMPTY", str(tmp_path / "odd.jar")) for text in given]
    arguments = [word for text in given for word in ("--set", f"domain.simulator.{text}")]
    arguments += ["--dry-run"] if dry else []
    run_dir = tmp_path / "run"
    done = python(
        "-m", "dsage_mpi", "inputs/mario_tiny.toml", *arguments, "--run-dir", run_dir, timeout=120
    )
    assert done.returncode == 2, done.stderr
    assert re.search(told, done.stderr)
    assert "Traceback" not in done.stderr
    assert not run_dir.exists()


def test_a_run_without_one_success_fails(foreign_jar: Path, tmp_path: Path) -> None:
    run_dir = tmp_path / "run"
    overrides = [
        "domain.simulator.agent=hopeless",
        f"domain.simulator.jar={foreign_jar}",
        "domain.simulator.heap_mb=64",
        "algorithm.method=domain_randomization",
        "algorithm.max_evaluations=2",
        "report.figures=false",
    ]
    arguments = [word for text in overrides for word in ("--set", text)]
    done = python(
        "-m", "dsage_mpi", "inputs/mario_tiny.toml", *arguments, "--run-dir", run_dir, timeout=120
    )
    assert done.returncode == 1, done.stderr
    last = done.stderr.strip().splitlines()[-1]
    assert "not one of the 2 evaluations succeeded" in last
    assert f"{run_dir}/failures.jsonl" in last
    assert "no hope ? at all" in last
    assert read_status(run_dir / "status.json")["state"] == "failed"
    again = python("-m", "dsage_mpi", "--restart", run_dir, timeout=120)
    assert again.returncode == 1, again.stderr
    assert "not one of the 2 evaluations succeeded" in again.stderr
