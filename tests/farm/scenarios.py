"""Programs that tests/farm/test_manager.py runs on several ranks: ``scenarios.py NAME OUT``.

Rank 0 writes what came out to the NumPy archive OUT or prints it.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import os
import resource
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from dsage_mpi.domains.base import SimulatorLostError, TasksFailedError
from dsage_mpi.farm import (
    Farm,
    FarmError,
    FarmSettings,
    World,
    open_farm,
    open_world,
    progress,
    serve,
)
from dsage_mpi.farm.wire import MESSAGE_BYTES
from tests.farm.toy import RESULT, TASK, Kind, ToySimulator, expected, make_tasks

BAD = {1: Kind.RAISE, 4: Kind.NAN, 9: Kind.SYSTEM_EXIT, 10: Kind.WRONG_DTYPE}
COUNTS = (0, 1, 2, 23)


def farm_on_root(
    world: World,
    make: Callable[[], Any],
    settings: FarmSettings,
    body: Callable[[Farm], None],
    dtypes: tuple[Any, Any] = (TASK, RESULT),
) -> None:
    """Runs ``body`` on rank 0 with a farm of all other ranks."""
    if not world.is_root:
        serve(world, make, *dtypes, settings)
        return
    with open_farm(world, make, *dtypes, settings) as farm:
        body(farm)


def adversary(world: World) -> ToySimulator:
    """Slow on odd tasks with one rank and on even ones with the next, so that answers cross."""
    return ToySimulator(lambda task: 0.004 if (int(task["seed"]) + world.rank) % 2 else 0.0)


def order(world: World, out: str) -> None:
    """All dispatch modes and chunk sizes with workers that answer in an adverse order."""
    answers: dict[str, Any] = {}
    for dispatch, chunk, prefetch in itertools.product(
        ("dynamic", "static"), (1, 3, "auto"), (0, 1, 3)
    ):
        settings = FarmSettings(dispatch=dispatch, chunk=chunk, prefetch=prefetch)

        def body(farm: Farm, key: str = f"{dispatch}-{chunk}-{prefetch}") -> None:
            for count, costly in itertools.product(COUNTS, (False, True)):
                tasks = make_tasks(count, {k: v for k, v in BAD.items() if k < count})
                cost = np.random.default_rng(3).lognormal(size=count) if costly else None
                outcome = farm.evaluate(tasks, cost)
                answers[f"{key}-{count}-{costly}-results"] = outcome.results
                answers[f"{key}-{count}-{costly}-failed"] = outcome.failed
                reasons = [f"{k}: {v}" for k, v in outcome.reasons.items()]
                answers[f"{key}-{count}-{costly}-reasons"] = np.array(reasons, dtype=str)
            assert sum(entry.tasks for entry in farm.stats()) == 2 * sum(COUNTS)

        farm_on_root(world, lambda: adversary(world), settings, body)
    if world.is_root:
        np.savez(out, **answers)


def large(world: World, out: str) -> None:
    """A megabyte per task and per result, beyond every eager limit."""
    dtype = np.dtype([("number", "<i8"), ("data", "<i4", (2**18,))])

    def simulator(tasks: Any) -> Any:
        results = np.zeros(len(tasks), dtype)
        results["number"], results["data"] = tasks["number"] + 1, tasks["data"][:, ::-1]
        return results

    def body(farm: Farm) -> None:
        tasks = np.zeros(70, dtype)
        tasks["number"] = np.arange(70)
        tasks["data"] = np.random.default_rng(0).integers(0, 9, (70, 2**18))
        outcome = farm.evaluate(tasks)
        np.testing.assert_array_equal(outcome.results["number"], np.arange(1, 71))
        np.testing.assert_array_equal(outcome.results["data"], tasks["data"][:, ::-1])
        print("large: right")

    for settings in (FarmSettings(), FarmSettings(chunk=7), FarmSettings(dispatch="static")):
        farm_on_root(world, lambda: simulator, settings, body, (dtype, dtype))


class Watched:
    """A communicator that sends no message beyond the limit."""

    def __init__(self, comm: Any) -> None:
        self._comm = comm

    def __getattr__(self, name: str) -> Any:
        return getattr(self._comm, name)

    def Isend(self, message: Any, *rest: Any) -> Any:  # noqa: N802
        assert len(message[0]) <= MESSAGE_BYTES
        return self._comm.Isend(message, *rest)


class WatchedWorld(World):
    """All of whose private messages are watched."""

    def duplicate(self, *hook: Callable[[], None]) -> Any:
        return Watched(super().duplicate(*hook))


def wordy(world: World, out: str) -> None:
    """A chunk whose tasks all fail, each with a long text of its own."""

    def simulator(tasks: Any) -> Any:
        reasons = {k: f"{task['seed']}{'ü' * 7990}" for k, task in enumerate(tasks)}
        raise TasksFailedError(np.zeros(len(tasks), RESULT), reasons)

    def body(farm: Farm) -> None:
        tasks = make_tasks(1600)
        reasons = farm.evaluate(tasks).reasons
        assert list(reasons) == list(range(len(tasks)))
        assert all(reasons[k].strip("ü") == str(tasks[k]["seed"]) for k in reasons)
        print("wordy: right")

    watched = WatchedWorld(world.rank, world.size, world.comm)
    farm_on_root(watched, lambda: simulator, FarmSettings(chunk=800), body)


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
            lead_losers(world, settings)
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

    serve(world, lambda: toy, TASK, RESULT, settings, calls={"together": together})
    assert seen == [7], "lost ranks take part in what all do together"
    assert toy.closed
    assert toy.asked_in_vain == (0 if last else 1)


def lead_losers(world: World, settings: FarmSettings) -> None:
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


def idle(world: World, out: str) -> None:
    """CPU seconds of each rank while workers have nothing to do, and while rank 0 waits."""
    seconds = 1.5

    def used() -> float:
        usage = resource.getrusage(resource.RUSAGE_SELF)
        return usage.ru_utime + usage.ru_stime

    class Meter:
        """Sleeps as long as a task says; answers with the CPU time used since its last task."""

        def __init__(self) -> None:
            self.last = used()

        def __call__(self, tasks: Any) -> Any:
            spent, self.last = used() - self.last, used()
            time.sleep(float(tasks.sum()))
            return np.full(len(tasks), spent)

    def body(farm: Farm) -> None:
        workers = farm.workers
        farm.evaluate(np.zeros(workers))
        time.sleep(seconds)
        print("worker", max(farm.evaluate(np.full(workers, 0.01)).results) / seconds)
        before = used()
        farm.evaluate(np.full(workers, seconds))
        print("root", (used() - before) / seconds)

    dtype = np.dtype("<f8")
    farm_on_root(world, Meter, FarmSettings(dispatch="static"), body, (dtype, dtype))


def interrupted(world: World, out: str) -> None:
    """Rank 0 leaves an evaluation half-way, then starts another one, then leaves for good."""

    class EnoughError(Exception):
        pass

    def leave(done: int, failed: int) -> None:
        raise EnoughError

    def body(farm: Farm) -> None:
        try:
            farm.evaluate(make_tasks(100), on_progress=leave)
        except EnoughError:
            print("left")
        tasks = make_tasks(30)[::-1]
        again = farm.evaluate(tasks)
        assert (again.results["seed"] == tasks["seed"]).all()
        print("again: right")
        farm.evaluate(make_tasks(1000), on_progress=leave)

    try:
        farm_on_root(
            world,
            lambda: ToySimulator(lambda task: 0.02),
            FarmSettings(chunk=2, prefetch=3),
            body,
        )
    except EnoughError:
        print("closed in good order")


def hurried(world: World, out: str) -> None:
    """Many farms that are closed while answers are under way."""

    class EnoughError(Exception):
        pass

    def leave(done: int, failed: int) -> None:
        if done >= 10:
            raise EnoughError

    progress.PROGRESS_SECONDS = 0.0
    for _ in range(60):
        with contextlib.suppress(EnoughError):
            farm_on_root(
                world,
                lambda: ToySimulator(lambda task: 0.001),
                FarmSettings(chunk=1, prefetch=3),
                lambda farm: print(farm.evaluate(make_tasks(100), on_progress=leave)),
            )
    if world.is_root:
        print("closed in good order")


def stuck(world: World, out: str) -> None:
    """A worker never comes back from an evaluation that rank 0 has given up."""

    def leave(done: int, failed: int) -> None:
        raise RuntimeError("rank 0 has had enough")

    farm_on_root(
        world,
        lambda: ToySimulator(lambda task: 1000.0),
        FarmSettings(close_seconds=0.5),
        lambda farm: print(farm.evaluate(make_tasks(9), on_progress=leave)),
    )


def ctrl_c(world: World, out: str) -> None:
    """As ``stuck``, but the user wants rank 0 to end at once."""

    def leave(done: int, failed: int) -> None:
        raise KeyboardInterrupt

    farm_on_root(
        world,
        lambda: ToySimulator(lambda task: 1000.0),
        FarmSettings(close_seconds=1000.0),
        lambda farm: print(farm.evaluate(make_tasks(9), on_progress=leave)),
    )


def forgotten(world: World, out: str) -> None:
    """Rank 0 exits without closing its farm."""
    if not world.is_root:
        serve(world, ToySimulator, TASK, RESULT, FarmSettings())
        return
    farm = open_farm(world, ToySimulator, TASK, RESULT, FarmSettings())
    farm.evaluate(make_tasks(5))
    sys.exit(3)


def calls(world: World, out: str) -> None:
    """All ranks do something together between, and after abandoned, evaluations."""
    seen: list[Any] = []

    def add(comm: Any, argument: Any) -> None:
        seen.append(argument)
        comm.gather(comm.Get_rank() * argument, root=0)

    class EnoughError(Exception):
        pass

    def leave(done: int, failed: int) -> None:
        raise EnoughError

    if not world.is_root:
        make = lambda: ToySimulator(lambda task: 0.01)  # noqa: E731
        serve(world, make, TASK, RESULT, FarmSettings(), calls={"add": add})
        assert seen == [2, 3], seen
        return
    with open_farm(world, ToySimulator, TASK, RESULT, FarmSettings()) as farm:
        assert farm.idle
        farm.evaluate(make_tasks(9))
        assert farm.idle
        print(farm.call_all("add", 2).gather(0, root=0))
        with contextlib.suppress(EnoughError):
            farm.evaluate(make_tasks(50), on_progress=leave)
        assert not farm.idle
        print(farm.call_all("add", 3).gather(0, root=0))
        tasks = make_tasks(12)
        assert (farm.evaluate(tasks).results["seed"] == tasks["seed"]).all()


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
        serve(world, lambda: may_sleep(world, out), TASK, RESULT, settings, calls=together)
        return
    with open_farm(world, ToySimulator, TASK, RESULT, settings) as farm:
        lead_sleepers(farm, out)
    print("suspended: right")


def lead_sleepers(farm: Farm, path: str) -> None:
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


def stats(world: World, out: str) -> None:
    """Statistics as rank 0 keeps them and as the workers report them at the end."""

    def body(farm: Farm) -> None:
        farm.evaluate(make_tasks(20, {3: Kind.RAISE}))
        first = farm.lap()
        time.sleep(0.3)
        second = farm.lap()
        assert sum(entry.tasks for entry in first) == 20
        assert sum(entry.failures for entry in first) == 1
        assert all(entry.tasks == 0 for entry in second)
        assert all(entry.idle_seconds >= 0.29 for entry in second)
        before = farm.stats()
        farm.close()
        for mine, theirs in zip(before, farm.stats(), strict=True):
            assert (mine.rank, mine.host) == (theirs.rank, theirs.host)
            assert (mine.tasks, mine.failures) == (theirs.tasks, theirs.failures)
            assert mine.batches == theirs.batches
            assert abs(mine.busy_seconds - theirs.busy_seconds) < 1e-6
        print("stats: right")

    farm_on_root(world, lambda: ToySimulator(lambda task: 0.005), FarmSettings(chunk=2), body)


def main() -> None:
    """Runs the scenario that the command line names."""
    name, out = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else os.devnull
    globals()[name](open_world(), out)


if __name__ == "__main__":
    main()
