"""What a JVM can do wrong costs one evaluation at most: kill -9, crash, hang, exit, memory."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from dsage_mpi.core.domain import SimulatorLostError, TasksFailedError
from dsage_mpi.domains.mario.simulator import MarioSimulator
from dsage_mpi.isolation import simulator as isolation
from dsage_mpi.isolation.crash_reports import crash_reports_in
from tests.domains.mario.jvm.games import change_option, expected, make_tasks, settings

FAULTS = [
    ("o", "no answer within 1 s (hung)"),
    ("#", "java.lang.OutOfMemoryError"),
    ("%", "java.lang.StackOverflowError"),
    ("M", "it ended with exit code 7"),
    ("y", "it ended with exit code 8"),
]


@pytest.mark.parametrize(("tile", "text"), FAULTS)
def test_a_fault_costs_that_evaluation_alone(foreign_jar: Path, tile: str, text: str) -> None:
    tops = ["S", tile, "-S"]
    with MarioSimulator(settings(foreign_jar, deadline_seconds=1)) as simulator:
        with pytest.raises(TasksFailedError) as caught:
            simulator(make_tasks(tops))
        again = simulator(make_tasks(tops[:1]))
    assert list(caught.value.reasons) == [1]
    assert text in caught.value.reasons[1]
    np.testing.assert_array_equal(caught.value.results[::2], expected(tops)[::2])
    np.testing.assert_array_equal(again, expected(tops[:1]))


@pytest.mark.parametrize(
    ("tile", "text"),
    [
        ("k", "#  SIGSEGV (0x...) at pc=0x..., pid=..., tid=..."),
        ("r", "lost: java.lang.Object@..."),
    ],
)
def test_the_same_fault_gives_the_same_words(
    foreign_jar: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tile: str, text: str
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with (
        MarioSimulator(settings(foreign_jar)) as simulator,
        pytest.raises(TasksFailedError) as caught,
    ):
        simulator(make_tasks([tile, tile]))
    reasons = caught.value.reasons
    assert text in reasons[0]
    assert reasons[0] == reasons[1]
    reports = list(tmp_path.glob("dsage_mpi_jvm_*.log"))
    assert len(reports) == (4 if tile == "k" else 0), "where they do not disturb"


def test_reports_of_crashes_go_where_they_are_to_and_do_not_pile_up(
    foreign_jar: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "50 %percent"
    folder.mkdir()
    for number in range(30):
        (folder / f"dsage_mpi_jvm_{number}_node.log").write_text("")
    with crash_reports_in(folder), MarioSimulator(settings(foreign_jar)) as simulator:
        with pytest.raises(TasksFailedError) as caught:
            simulator(make_tasks(["k"]))
        pid = simulator.pid
    assert f"{folder}/dsage_mpi_jvm_....log" in caught.value.reasons[0]
    names = {path.name for path in folder.iterdir()}
    assert len(names) <= 10
    assert [name for name in names if not name.endswith("_node.log")], (names, pid)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV], ids=lambda number: number.name)
def test_killed_in_the_middle_of_a_batch(
    foreign_jar: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    """Slow games: 110 ticks of 5 ms, two rollouts each."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    tops = ["g", "g-S"]
    with MarioSimulator(settings(foreign_jar)) as simulator:
        simulator(make_tasks([""]))
        first = simulator.pid

        def kill() -> None:
            time.sleep(0.3)
            assert first is not None
            os.kill(first, number)

        killer = threading.Thread(target=kill)
        killer.start()
        results = simulator(make_tasks(tops))
        killer.join()
        assert simulator.pid != first
    np.testing.assert_array_equal(results, expected(tops))


def test_a_heap_that_no_machine_has(foreign_jar: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolation, "_START_PAUSES", (0.0,))
    simulator = MarioSimulator(settings(foreign_jar))
    change_option(simulator, heap_mb=10**12)
    with pytest.raises(SimulatorLostError, match="Could not reserve enough space"):
        simulator(make_tasks([""]))
