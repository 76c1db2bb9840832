"""Ranks that have no simulator, lose it or fall silent."""

from __future__ import annotations

import contextlib
import itertools
import logging
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from dsage_mpi.core.domain import SimulatorLostError
from dsage_mpi.farm import (
    Duties,
    Farm,
    FarmError,
    FarmSettings,
    World,
    open_farm,
    serve,
)
from tests.farm.scenarios.common import BAD, farm_on_root
from tests.farm.toy import RESULT, TASK, ToySimulator, expected, make_tasks


def broken(world: World, out: str) -> None:
    """One rank cannot build its simulator."""

    def make() -> ToySimulator:
        if world.rank == world.size - 1:
            raise FileNotFoundError("no weights on this node")
        return ToySimulator()

    try:
        farm_on_root(world, make, FarmSettings(), lambda farm: None)
    except FarmError as error:
        print(f"refused: {error}")
        sys.exit(5)


class Mortal(ToySimulator):
    """Is lost in call number ``calls``, counted from 0; for good."""

    def __init__(self, calls: float) -> None:
        super().__init__(lambda task: 0.002)
        self.left = calls
        self.asked_in_vain = 0

    def __call__(self, tasks: Any) -> Any:
        self.left -= 1
        if self.left < 0:
            self.asked_in_vain += 1
            raise SimulatorLostError("the engine is gone; install it")
        return super().__call__(tasks)


def lost(world: World, out: str) -> None:
    """All ranks but the last lose their simulators, one after the other."""
    logging.basicConfig(format="%(name)s: %(message)s")
    for dispatch, prefetch in itertools.product(("dynamic", "static"), (0, 1, 3)):
        settings = FarmSettings(dispatch=dispatch, chunk_seconds=0.01, prefetch=prefetch)
        if world.is_root:
            root_of_losers(world, settings)
            print("lost: right")
        else:
            serve_until_lost(world, settings)


def serve_until_lost(world: World, settings: FarmSettings) -> None:
    last = world.rank == world.size - 1
    toy = Mortal(np.inf if last else world.rank - 1)
    seen: list[Any] = []

    def together(comm: Any, argument: Any) -> None:
        seen.append(argument)
        comm.gather(comm.Get_rank(), root=0)

    serve(world, lambda: toy, TASK, RESULT, settings, Duties({"together": together}))
    assert seen == [7], "lost ranks take part in what all do together"
    assert toy.closed
    assert toy.asked_in_vain == (0 if last else 1)


def root_of_losers(world: World, settings: FarmSettings) -> None:
    told: list[int] = []
    with open_farm(world, ToySimulator, TASK, RESULT, settings) as farm:
        for bad in (BAD, {}):
            tasks = make_tasks(60, bad)
            outcome = farm.evaluate(tasks, on_results=lambda chunk, *rest: told.extend(chunk))
            assert outcome.results.tobytes() == expected(tasks).tobytes()
            assert list(outcome.reasons) == list(bad)
        assert sorted(told) == sorted(2 * list(range(60))), "each task once"
        assert set(outcome.ranks.tolist()) == {world.size - 1}
        assert farm.idle
        assert farm.call_all("together", 7).gather(0, root=0) == list(range(world.size))
        before = farm.stats()
    for mine, theirs in zip(before, farm.stats(), strict=True):
        assert (mine.tasks, mine.failures) == (theirs.tasks, theirs.failures)
        assert mine.batches == theirs.batches
    assert sum(entry.tasks for entry in before) == 120
    assert sum(entry.failures for entry in before) == len(BAD)


def all_lost(world: World, out: str) -> None:
    """No rank is left that can simulate; the farm says so each time."""
    toy = Mortal(1)

    def body(farm: Farm) -> None:
        print("before:", int(farm.evaluate(make_tasks(world.size - 1)).failed.sum()))
        for _ in range(2):
            with contextlib.suppress(FarmError):
                print(farm.evaluate(make_tasks(40)))
        farm.evaluate(make_tasks(40))

    try:
        farm_on_root(world, lambda: toy, FarmSettings(chunk=1, dispatch="static"), body)
    except FarmError as error:
        print(f"lost: {error}")
        sys.exit(6)
    assert toy.closed


def lost_late(world: World, out: str) -> None:
    """A rank is lost on a chunk of an evaluation that was left; the next one heeds it."""

    class EnoughError(Exception):
        pass

    def leave(done: int, failed: int) -> None:
        raise EnoughError

    class Late(ToySimulator):
        def __call__(self, tasks: Any) -> Any:
            if world.rank == 1:
                time.sleep(0.4)
                raise SimulatorLostError("too late")
            return super().__call__(tasks)

    def body(farm: Farm) -> None:
        with contextlib.suppress(EnoughError):
            farm.evaluate(make_tasks(300), on_progress=leave)
        assert not farm.idle
        tasks = make_tasks(30)[::-1]
        outcome = farm.evaluate(tasks)
        assert outcome.results.tobytes() == expected(tasks).tobytes()
        assert 1 not in outcome.ranks
        print("late: right")

    for dispatch in ("dynamic", "static"):
        settings = FarmSettings(dispatch=dispatch, chunk=1, prefetch=0)
        farm_on_root(world, lambda: Late(lambda task: 0.02), settings, body)


class Sleeper(ToySimulator):
    """Suspends its process in its third call, after leaving its number in a file."""

    def __init__(self, path: str) -> None:
        super().__init__(lambda task: 0.01)
        self.path = path

    def __call__(self, tasks: Any) -> Any:
        if len(self.calls) == 2:
            Path(self.path).write_text(str(os.getpid()))
            os.kill(os.getpid(), signal.SIGSTOP)
        return super().__call__(tasks)


def may_sleep(world: World, path: str) -> ToySimulator:
    """Rank 1 falls asleep."""
    return Sleeper(path) if world.rank == 1 else ToySimulator(lambda task: 0.01)


def suspended(world: World, out: str) -> None:
    """A rank is suspended until the others have got its tasks; then it is woken."""
    logging.basicConfig(format="%(name)s: %(message)s")
    # Dynamic dispatch is what whole runs are tested with.
    settings = FarmSettings(dispatch="static", silent_seconds=1, chunk_seconds=0.05)
    if not world.is_root:
        together = {"together": lambda comm, argument: comm.gather(comm.rank, root=0)}
        serve(world, lambda: may_sleep(world, out), TASK, RESULT, settings, Duties(together))
        return
    with open_farm(world, ToySimulator, TASK, RESULT, settings) as farm:
        root_of_sleepers(farm, out)
    print("suspended: right")


def root_of_sleepers(farm: Farm, path: str) -> None:
    tasks = make_tasks(60, BAD)

    def check() -> None:
        booked: list[int] = []
        outcome = farm.evaluate(tasks, on_results=lambda i, results, why: booked.extend(i))
        assert sorted(booked) == list(range(60)), "each once"
        assert outcome.results.tobytes() == expected(tasks).tobytes()
        assert list(outcome.reasons) == list(BAD)

    farm.lap()
    check()
    assert not farm.idle, "rank 1 owes an answer"
    check()
    assert [entry.tasks for entry in farm.lap()][1:] >= [60]
    os.kill(int(Path(path).read_text()), signal.SIGCONT)
    while not farm.idle:
        check()
    check()
    assert all(entry.tasks > 0 for entry in farm.lap()), "rank 1 works again"
    assert farm.call_all("together").gather(0, root=0) == list(range(farm.workers + 1))


def slow(world: World, out: str) -> None:
    """Tasks take longer than a rank may be silent."""
    logging.basicConfig(format="%(name)s: %(message)s")
    farm_on_root(
        world,
        lambda: ToySimulator(lambda task: 3.5),
        FarmSettings(silent_seconds=2),
        lambda farm: print("slow:", len(farm.evaluate(make_tasks(2)).results)),
    )
