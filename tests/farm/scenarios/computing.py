"""What ranks without tasks compute for rank 0, however badly they behave."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from dsage_mpi.core.computing import NotWantedError
from dsage_mpi.farm import Duties, Farm, FarmSettings, World, open_farm, serve
from tests.farm.toy import RESULT, TASK, ToySimulator, make_tasks

SETTINGS = FarmSettings(compute="ranks")


class Adder:
    """Answers with the request plus the state, byte by byte; counts."""

    def __init__(self, misbehave: Callable[[int], None] = lambda count: None) -> None:
        self.misbehave = misbehave
        self.state = np.zeros(1, np.uint8)
        self.answered = 0

    def load(self, state: Any) -> None:
        self.state = state.copy()

    def __call__(self, request: Any, is_wanted: Callable[[], bool]) -> Any:
        self.misbehave(self.answered)
        self.answered += 1
        return request + self.state[0]


def requests(count: int) -> list[Any]:
    return [np.arange(k, k + 1 + 7 * k % 50, dtype=np.uint8) for k in range(count)]


def check(farm: Farm, count: int, state: int, seconds: float = 0.002, prefetch: int = 1) -> int:
    """Has ``count`` requests answered; returns how many of them on rank 0."""
    asked, here = requests(count), 0

    def local(k: int) -> Any:
        nonlocal here
        here += 1
        time.sleep(seconds)
        return asked[k] + np.uint8(state)

    assert farm.compute is not None
    answers = farm.compute.map(asked, local, prefetch=prefetch)
    for answer, request in zip(answers, asked, strict=True):
        np.testing.assert_array_equal(answer, request + np.uint8(state))
    return here


def with_service(world: World, service: Any, body: Callable[[Farm], None]) -> None:
    if not world.is_root:
        serve(world, ToySimulator, TASK, RESULT, SETTINGS, Duties(service=service))
        return
    with open_farm(world, ToySimulator, TASK, RESULT, SETTINGS) as farm:
        body(farm)


def load(farm: Farm, state: int) -> None:
    farm.compute.load(np.array([state], np.uint8))


def computing(world: World, out: str) -> None:
    """All ranks share, between evaluations, and each answer is of the newest state."""
    service = Adder(lambda count: time.sleep(0.002))

    def body(farm: Farm) -> None:
        elsewhere = 0
        for state in (3, 200):
            load(farm, state)
            for count in (0, 1, 2, 5, 40):
                here = check(farm, count, state)
                elsewhere += count - here
            assert here < 40, "other ranks answered, too"
            busy = sum(rank.busy_seconds for rank in farm.stats())
            assert busy >= 0.002 * elsewhere, "who computes is not idle"
            tasks = make_tasks(10)
            assert (farm.evaluate(tasks).results["seed"] == tasks["seed"]).all()
        assert farm.idle
        print("computing: right")

    with_service(world, service, body)
    assert world.is_root or service.answered > 0


def refusing(world: World, out: str) -> None:
    """One rank's service breaks, another has none."""
    logging.basicConfig(format="%(name)s: %(message)s")

    def break_down(count: int) -> None:
        if world.rank == 1 and count == 2:
            raise ImportError("no torch on this node")

    def body(farm: Farm) -> None:
        load(farm, 5)
        for _ in range(4):
            check(farm, 30, 5)
        tasks = make_tasks(10)
        assert (farm.evaluate(tasks).results["seed"] == tasks["seed"]).all()
        print("refusing: right")

    with_service(world, None if world.rank == 2 else Adder(break_down), body)


def halted(world: World, out: str) -> None:
    """A rank stops in the middle of a request, another takes very long; nobody waits for them."""

    def hang(count: int) -> None:
        if count == 3 and world.rank == 1:
            os.kill(os.getpid(), signal.SIGSTOP)
        if count == 3 and world.rank == 2:
            time.sleep(4)

    def body(farm: Farm) -> None:
        load(farm, 9)
        pid = world.comm.recv(source=1)
        started = time.perf_counter()
        for _ in range(5):
            check(farm, 30, 9)
        assert time.perf_counter() - started < 3.5
        load(farm, 10)
        check(farm, 30, 10)
        os.kill(pid, signal.SIGCONT)
        time.sleep(0.2)
        check(farm, 30, 10)
        tasks = make_tasks(10)
        assert (farm.evaluate(tasks).results["seed"] == tasks["seed"]).all()
        print("halted: right")

    if world.rank == 1:
        world.comm.send(os.getpid(), dest=0)
    with_service(world, Adder(hang), body)


def left(world: World, out: str) -> None:
    """Rank 0 is interrupted while others compute; then it goes on, or closes at once."""

    def body(farm: Farm) -> None:
        load(farm, 1)

        def local(k: int) -> Any:
            raise KeyError

        for again in (True, False):
            with contextlib.suppress(KeyError):
                farm.compute.map(requests(30), local)
            if again:
                check(farm, 30, 1)
        print("left: right")

    with_service(world, Adder(lambda count: time.sleep(0.05)), body)


class Patient:
    """Answers only once nobody wants that any more."""

    def __init__(self) -> None:
        self.gave_up = 0

    def load(self, state: Any) -> None:
        pass

    def __call__(self, request: Any, is_wanted: Callable[[], bool]) -> Any:
        deadline = time.perf_counter() + 20
        while is_wanted():
            assert time.perf_counter() < deadline, "nothing more urgent has come"
            time.sleep(0.001)
        self.gave_up += 1
        raise NotWantedError


def urgent(world: World, out: str) -> None:
    """Tasks, calls and the end of the farm go before a request that rank 0 has answered itself."""
    service = Patient()

    def body(farm: Farm) -> None:
        load(farm, 7)
        for _ in range(3):
            assert check(farm, 5, 7, prefetch=0) == 5
            tasks = make_tasks(10)
            assert (farm.evaluate(tasks).results["seed"] == tasks["seed"]).all()
        check(farm, 5, 7, prefetch=0)
        print("urgent: right")

    with_service(world, service, body)
    assert world.is_root or service.gave_up == 4


def joining(world: World, out: str) -> None:
    """Ranks that have simulated all there is share in what rank 0 has long been at."""

    def body(farm: Farm) -> None:
        load(farm, 7)
        tasks, asked, here = make_tasks(2 * farm.workers), requests(6), 0
        running = farm.begin(tasks)

        def local(k: int) -> Any:
            nonlocal here
            here += 1
            until = time.perf_counter() + 2
            while time.perf_counter() < until and farm.compute.ranks > 1:
                running.poll()
                farm.compute.poll()
                time.sleep(0.002)
            return asked[k] + np.uint8(7)

        answers = farm.compute.map(asked, local, prefetch=0)
        for answer, request in zip(answers, asked, strict=True):
            np.testing.assert_array_equal(answer, request + np.uint8(7))
        assert here == 1, f"rank 0 answered {here}"
        assert (running.finish().results["seed"] == tasks["seed"]).all()
        print("joining: right")

    settings = FarmSettings(compute="ranks", chunk=1, prefetch=0)
    make = lambda: ToySimulator(lambda task: 0.1)  # noqa: E731
    if world.is_root:
        with open_farm(world, make, TASK, RESULT, settings) as farm:
            body(farm)
    else:
        serve(world, make, TASK, RESULT, settings, Duties(service=Adder()))


def late_refusals(world: World, out: str) -> None:
    """Ranks refuse what rank 0 has begun to answer itself: it answers nothing twice."""

    def break_down(count: int) -> None:
        time.sleep(0.4 if world.rank == 1 else 0.3)  # what rank 0 is at comes back last
        raise ImportError("no torch on this node")

    def body(farm: Farm) -> None:
        load(farm, 7)
        asked, here, waits = requests(3), [], []

        def local(k: int) -> Any:
            here.append(k)
            until = time.perf_counter() + (0.01 if len(here) == 1 else 0.6)
            while time.perf_counter() < until:
                farm.compute.poll()
            return asked[k] + np.uint8(7)

        answers = farm.compute.map(asked, local, prefetch=0, on_wait=lambda: waits.append(1))
        for answer, request in zip(answers, asked, strict=True):
            np.testing.assert_array_equal(answer, request + np.uint8(7))
        assert here == [2, 0, 1], here
        assert waits, "rank 0 waited for the others first"
        print("late_refusals: right")

    with_service(world, Adder(break_down), body)
