"""Whatever a simulator does in its child process costs one task, and nobody else anything."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dsage_mpi.core.domain import SimulatorLostError, TasksFailedError
from dsage_mpi.isolation import Factory, IsolatedSimulator, process, simulator
from dsage_mpi.isolation.timeout import cpu_seconds
from tests.isolation.toy import RESULT, TASK, Deed, make_tasks
from tests.support import REPOSITORY, clean_environment


def isolated(factory: str = "Toy", seconds: float = 30.0, **options: Any) -> IsolatedSimulator:
    return IsolatedSimulator(
        Factory(
            f"tests.isolation.toy:{factory}",
            {name: str(value) for name, value in options.items()},
        ),
        TASK,
        RESULT,
        deadline_seconds=seconds,
    )


def exists(pid: int) -> bool:
    """Whether a process runs (a zombie does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def assert_gone(pid: int) -> None:
    deadline = time.monotonic() + 20
    while exists(pid):
        assert time.monotonic() < deadline, f"process {pid} is still there"
        time.sleep(0.01)


def assert_right(tasks: Any, results: Any) -> None:
    np.testing.assert_array_equal(results["number"], tasks["number"])
    np.testing.assert_array_equal(results["words"], np.tile(tasks["number"] / 3, (4, 1)).T)


def test_results_come_from_one_child_that_the_first_task_starts() -> None:
    with isolated() as toy:
        assert toy.pid is None
        tasks = make_tasks(1000)
        results = toy(tasks)
        assert_right(tasks, results)
        assert set(results["pid"].tolist()) == {toy.pid}
        assert toy.pid != os.getpid()
        assert_right(tasks[:1], toy(tasks[:1]))
        assert len(toy(tasks[:0])) == 0
        pid = toy.pid
    assert_gone(pid)
    assert toy.starts == 1


FAULTS = [
    (Deed.KILL, "it was killed by SIGKILL"),
    (Deed.SEGV, "it was killed by SIGSEGV"),
    (Deed.EXIT, "SystemExit: 3"),
    (Deed.HARD_EXIT, "it ended with exit code 9"),
    (Deed.HANG, "no answer within 0.4 s (hung)"),
    (Deed.SLEEP, "no answer within 0.4 s (hung)"),
    (Deed.BABBLE, "no answer within 0.4 s (hung); its last output:\nand so on"),
    (Deed.RAISE, "ZeroDivisionError: the level divides by zero"),
    (Deed.GARBAGE, "the simulator returned float64 (2,), expected shape (1,)"),
    (Deed.NO_ARRAY, "the simulator returned NoneType"),
    (Deed.MEMORY, "MemoryError"),
    (Deed.LAST_WORDS, "code 9; its last output:\npid=... at 0x...: no more"),
    (Deed.BREAK_PIPE, "its answer was garbage"),
]


@pytest.mark.parametrize(("deed", "text"), FAULTS, ids=lambda value: getattr(value, "name", ""))
def test_a_fault_costs_that_task_alone(deed: Deed, text: str) -> None:
    tasks = make_tasks(3, {1: deed})
    with isolated(seconds=0.4) as toy, pytest.raises(TasksFailedError) as caught:
        toy(tasks)
    assert list(caught.value.reasons) == [1]
    assert text in caught.value.reasons[1]
    assert_right(tasks[::2], caught.value.results[::2])
    assert toy.starts == 3, "once, again for the second try, and again for the task behind it"
    assert toy.pid is None


def test_reasons_are_the_same_each_time() -> None:
    def reasons(deed: Deed) -> dict[int, str]:
        with isolated() as toy, pytest.raises(TasksFailedError) as caught:
            toy(make_tasks(1, {0: deed}))
        return dict(caught.value.reasons)

    for deed in (Deed.RAISE, Deed.LAST_WORDS):
        assert reasons(deed) == reasons(deed)


@pytest.mark.parametrize("deed", [Deed.KILL, Deed.RAISE, Deed.SLEEP], ids=lambda deed: deed.name)
def test_the_second_try_saves_what_failed_by_chance(tmp_path: Path, deed: Deed) -> None:
    tasks = make_tasks(6, {0: deed, 3: deed, 4: deed}, once=True)
    with isolated(seconds=1.0, marks=tmp_path) as toy:
        assert_right(tasks, toy(tasks))
        assert toy.starts == 4


def test_a_child_that_dies_without_a_task_takes_no_try_from_the_next(tmp_path: Path) -> None:
    tasks = make_tasks(2, {0: Deed.KILL}, once=True)
    with isolated(marks=tmp_path) as toy:
        toy(make_tasks(1))
        assert toy.pid is not None
        os.kill(toy.pid, signal.SIGKILL)
        assert_gone(toy.pid)
        assert_right(tasks, toy(tasks))
        assert toy.starts == 3


def test_a_death_is_told_also_where_the_dead_were_to_be_forgotten(tmp_path: Path) -> None:
    """A program that was started by one that ignores SIGCHLD ignores it, too."""
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        with isolated(marks=tmp_path) as toy, pytest.raises(TasksFailedError) as caught:
            toy(make_tasks(1, {0: Deed.KILL}))
    finally:
        signal.signal(signal.SIGCHLD, before)
    assert "it was killed by SIGKILL" in caught.value.reasons[0]


def test_a_task_that_is_suspended_is_not_hung() -> None:
    tasks = make_tasks(2, {1: Deed.WORK})
    with isolated(seconds=3.0) as toy:
        toy(tasks[:1])
        pid = toy.pid
        assert pid is not None

        def suspend() -> None:
            before = cpu_seconds(pid)
            while cpu_seconds(pid) < before + 0.2:
                time.sleep(0.01)
            os.kill(pid, signal.SIGSTOP)
            time.sleep(3.5)
            os.kill(pid, signal.SIGCONT)

        other = threading.Thread(target=suspend)
        other.start()
        results = toy(tasks)
        other.join()
        assert_right(tasks, results)
        assert toy.starts == 1, "it was not even tried again"


@pytest.mark.parametrize("deed", [Deed.HANG, Deed.SLEEP], ids=lambda deed: deed.name)
def test_without_proc_wall_time_decides(monkeypatch: pytest.MonkeyPatch, deed: Deed) -> None:
    monkeypatch.setattr(process, "cpu_seconds", lambda pid: None)
    with isolated(seconds=0.3) as toy, pytest.raises(TasksFailedError) as caught:
        toy(make_tasks(1, {0: deed}))
    assert "no answer within 0.3 s (hung)" in caught.value.reasons[0]


def test_a_deadline_may_be_never() -> None:
    tasks = make_tasks(3, {1: Deed.WORK})
    for seconds in (3e9, 1e300):
        with isolated(seconds=seconds) as toy:
            assert_right(tasks, toy(tasks))


class EnoughError(Exception):
    pass


class Impatient:
    """Raises when it is called for the ``calls``-th time."""

    def __init__(self, calls: int) -> None:
        self.left = calls

    def __call__(self) -> None:
        self.left -= 1
        if self.left == 0:
            raise EnoughError


@pytest.mark.parametrize("deed", [Deed.HANG, Deed.BABBLE, Deed.SLEEP], ids=lambda deed: deed.name)
def test_waiting_can_be_interrupted(deed: Deed) -> None:
    with isolated(seconds=600) as toy:
        tasks = make_tasks(3)
        toy(tasks)
        pid = toy.pid
        toy.call_while_waiting(Impatient(2))
        with pytest.raises(EnoughError):
            toy(make_tasks(3, {1: deed}))
        assert pid is not None
        assert_gone(pid)
        assert_right(tasks[::-1], toy(tasks[::-1]))


def test_starting_can_be_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    toy = isolated("hang")
    toy.call_while_waiting(Impatient(1))
    with pytest.raises(EnoughError):
        toy(make_tasks(1))
    assert toy.pid is None
    monkeypatch.setattr(simulator, "_START_PAUSES", (0.0, 600.0))
    toy = isolated("crash")
    toy.call_while_waiting(Impatient(20))
    with pytest.raises(EnoughError):
        toy(make_tasks(1))


def test_two_faults_in_one_batch() -> None:
    tasks = make_tasks(4, {0: Deed.RAISE, 3: Deed.KILL})
    with isolated() as toy, pytest.raises(TasksFailedError, match="2 of 4 tasks failed") as caught:
        toy(tasks)
    assert list(caught.value.reasons) == [0, 3]
    assert_right(tasks[1:3], caught.value.results[1:3])


def test_a_child_killed_from_outside_while_idle_is_replaced() -> None:
    with isolated() as toy:
        tasks = make_tasks(2)
        toy(tasks)
        assert toy.pid is not None
        os.kill(toy.pid, 9)
        assert_right(tasks, toy(tasks))


def test_prints_go_neither_to_the_pipe_nor_to_the_screen(capfd: pytest.CaptureFixture[str]) -> None:
    tasks = make_tasks(4, {1: Deed.PRINT, 2: Deed.PRINT})
    with isolated() as toy:
        assert_right(tasks, toy(tasks))
    assert capfd.readouterr() == ("", "")


def test_ctrl_c_in_the_terminal_does_not_reach_the_child() -> None:
    tasks = make_tasks(2, {0: Deed.INTERRUPT})
    with isolated() as toy:
        results = toy(tasks)
        assert_right(tasks, results)
        assert os.getsid(int(results["pid"][0])) != os.getsid(0)


def test_ctrl_c_here_leaves_no_late_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    with isolated() as toy:
        tasks = make_tasks(5)
        toy(tasks)

        def interrupted(*arguments: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(toy._child, "receive", interrupted)
            with pytest.raises(KeyboardInterrupt):
                toy(tasks)
        assert_right(tasks[::-1], toy(tasks[::-1]))


def test_more_tasks_than_pipes_hold() -> None:
    tasks = make_tasks(20_000)
    with isolated() as toy:
        assert_right(tasks, toy(tasks))


def test_the_child_knows_nothing_of_mpi(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_SIZE", "SLURM_PROCID", "PRTE_X"):
        monkeypatch.setenv(name, "1")
    with isolated() as toy:
        answer = toy.call("environment", number=np.arange(3))
    prefixes = ("OMPI_", "PMIX_", "PMI_", "PRTE_", "ORTE_", "HYDRA_", "SLURM_")
    assert [name for name in answer["names"].tolist() if name.startswith(prefixes)] == []
    modules = set(answer["modules"].tolist())
    assert "tests.isolation.toy" in modules
    assert modules.isdisjoint({"mpi4py", "torch", "ribs", "h5py", "jpype"})
    np.testing.assert_array_equal(answer["twice"], [0, 2, 4])


def test_other_methods_can_fail_too() -> None:
    with isolated() as toy:
        with pytest.raises(RuntimeError, match="LookupError: not here"):
            toy.call("fail")
        with pytest.raises(RuntimeError, match="has no attribute 'no_such'"):
            toy.call("no_such")
        tasks = make_tasks(2)
        assert_right(tasks, toy(tasks))


class TestStart:
    def test_a_simulator_that_says_what_it_lacks_is_asked_once(self) -> None:
        toy = isolated("refuse")
        with pytest.raises(SimulatorLostError) as caught:
            toy(make_tasks(3))
        assert str(caught.value) == "no engine here; run `make engine`"
        assert toy.starts == 1

    def test_one_that_says_nothing_is_given_words(self) -> None:
        with pytest.raises(SimulatorLostError, match="failed without a word"):
            isolated("refuse_silently")(make_tasks(3))

    def test_a_bug_comes_with_its_traceback(self) -> None:
        with pytest.raises(SimulatorLostError, match="has no attribute 'nobody'"):
            isolated("nobody")(make_tasks(1))

    def test_a_crash_is_tried_again(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(simulator, "_START_PAUSES", (0.0, 0.0))
        tasks = make_tasks(2)
        with isolated("crash_at_first", marks=tmp_path) as toy:
            assert_right(tasks, toy(tasks))
        toy = isolated("crash")
        with pytest.raises(SimulatorLostError, match=r"SIGKILL; its last output:\nwhat a pity"):
            toy(tasks)
        assert toy.starts == 2

    def test_a_hang_has_a_deadline(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(simulator, "_START_PAUSES", (0.0,))
        toy = isolated("hang")
        toy._start_seconds = 0.3
        with pytest.raises(SimulatorLostError, match=r"no answer within 0.3 s"):
            toy(make_tasks(1))

    def test_records_of_another_size_are_refused(self) -> None:
        with pytest.raises(SimulatorLostError, match=r"'task': 8, 'result': 48.* expected.* 16"):
            isolated("Other")(make_tasks(1))

    def test_no_python(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(simulator, "_START_PAUSES", (0.0,))
        monkeypatch.setattr(sys, "executable", "/no/such/python")
        with pytest.raises(SimulatorLostError, match="cannot be started"):
            isolated()(make_tasks(1))


class TestEnd:
    def test_a_child_that_closes_its_pipes_is_ended(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(process, "_GONE_SECONDS", 0.3)
        with isolated() as toy, pytest.raises(TasksFailedError, match="1 of 1") as caught:
            toy(make_tasks(1, {0: Deed.CLOSE_PIPES}))
        assert "it closed its pipe" in caught.value.reasons[0]

    def test_its_own_children_end_with_it(self) -> None:
        with isolated() as toy:
            pid = int(toy.call("grandchild")["pid"])
            assert exists(pid)
        assert_gone(pid)

    def test_forgetting_it_is_enough(self) -> None:
        toy = isolated()
        pid = int(toy(make_tasks(1))["pid"][0])
        del toy
        gc.collect()
        assert_gone(pid)

    @pytest.mark.parametrize(
        "ending", ["os.kill(os.getpid(), 9)", "os._exit(0)", "sys.exit(0)", "raise ValueError"]
    )
    def test_no_orphans(self, ending: str) -> None:
        code = (
            "import os, sys\n"
            "from tests.isolation.test_simulator import isolated, make_tasks\n"
            "toy = isolated()\n"
            "print(toy(make_tasks(1))['pid'][0], flush=True)\n"
            f"{ending}\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=REPOSITORY,
            env=clean_environment(),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.stdout, done.stderr
        assert_gone(int(done.stdout))
        assert "ResourceWarning" not in done.stderr
