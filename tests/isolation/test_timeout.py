"""When a process counts as hung, on a clock of our own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from dsage_mpi.isolation.timeout import Timeout, cpu_seconds


def given_up_after(
    seconds: float, load: Callable[[float], float], limit: float, known: bool = True
) -> float | None:
    """Wall time at which a process is given up, None if not before ``limit``.

    Args:
        seconds: Its deadline.
        load: Share of a core that it uses at a point of time.
        limit: When to stop asking.
        known: Whether its CPU time can be read.
    """
    now, used = 1000.0, 5.0
    timeout = Timeout(seconds, lambda: used if known else None, now)
    while now < 1000.0 + limit:
        step = timeout.slice / 20
        for _ in range(20):
            used += step * load(now - 1000.0)
            now += step
        if timeout.is_over(now):
            return now - 1000.0
    return None


@pytest.mark.parametrize("seconds", [0.02, 0.4, 1.0, 300.0])
@pytest.mark.parametrize("load", [0.0, 0.005, 1.0, 3.0])
def test_loops_and_sleeps_end_soon_after_the_deadline(seconds: float, load: float) -> None:
    when = given_up_after(seconds, lambda now: load, 10 * seconds)
    assert when is not None
    assert seconds <= when + 1e-9
    assert when <= 1.3 * seconds + 1e-9


@pytest.mark.parametrize("share", [0.02, 0.1, 0.5])
def test_a_loop_on_a_busy_machine_has_its_cpu_time(share: float) -> None:
    when = given_up_after(10.0, lambda now: share, 1000.0)
    assert when is not None
    assert 10.0 <= share * when <= 10.0 + share * 2


def test_a_sleep_ends_even_after_work() -> None:
    when = given_up_after(10.0, lambda now: float(now < 8.0), 100.0)
    assert when is not None
    assert 18.0 <= when <= 23.0, "the first whole period without work"


@pytest.mark.parametrize("begin", [0.2, 0.6, 2.0, 7.0])
def test_a_pause_in_the_middle_of_work_is_forgiven(begin: float) -> None:
    end = begin + 12.0
    assert given_up_after(10.0, lambda now: float(not begin < now < end), end + 2.0) is None


def test_without_cpu_time_the_wall_decides() -> None:
    when = given_up_after(10.0, lambda now: 1.0, 100.0, known=False)
    assert when == pytest.approx(10.0, abs=0.5)


def test_time_that_stood_still_for_us_does_not_count() -> None:
    timeout = Timeout(10.0, lambda: 1.0, 0.0)
    now = 0.0
    for _ in range(5):
        now += 3600.0  # the whole job was suspended again and again
        assert not timeout.is_over(now)


def test_many_questions_are_few_looks() -> None:
    looks = []

    def look() -> float:
        looks.append(1)
        return 0.0

    timeout = Timeout(10.0, look, 0.0)
    assert not any(timeout.is_over(k / 1000) for k in range(9000))
    assert len(looks) == 1


def test_never_is_a_deadline_too() -> None:
    timeout = Timeout(float("inf"), lambda: 1.0, 0.0)
    for now in range(1000):
        assert not timeout.is_over(float(now))
        assert timeout.slice <= 0.5


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_cpu_time_of_all_threads() -> None:
    code = (
        "import threading, hashlib, sys\n"
        "work = lambda: [hashlib.sha256(bytes(2**22)) for _ in iter(int, 1)]\n"
        "[threading.Thread(target=work, daemon=True).start() for _ in range(2)]\n"
        "sys.stdin.read()\n"
    )
    child = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE)
    try:
        # The main thread uses a few hundredths of a second to start, and sleeps then.
        while (used := cpu_seconds(child.pid)) is not None and used < 0.5:
            time.sleep(0.05)
        assert used is not None
    finally:
        child.kill()
        child.communicate()
    assert cpu_seconds(child.pid) is None


def test_cpu_time_that_cannot_be_told() -> None:
    own = cpu_seconds(os.getpid())
    assert own is None or own >= 0
    assert cpu_seconds(2**30) is None
