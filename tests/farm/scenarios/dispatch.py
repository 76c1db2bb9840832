"""Tasks out and results in, in whatever order, size and number."""

from __future__ import annotations

import contextlib
import itertools
import resource
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from dsage_mpi.core.domain import TasksFailedError
from dsage_mpi.farm import (
    Duties,
    Farm,
    FarmSettings,
    World,
    open_farm,
    serve,
)
from dsage_mpi.farm.messages import MESSAGE_BYTES
from tests.farm.scenarios.common import BAD, farm_on_root
from tests.farm.toy import RESULT, TASK, Kind, ToySimulator, make_tasks

COUNTS = (0, 1, 2, 23)


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
        serve(world, make, TASK, RESULT, FarmSettings(), Duties({"add": add}))
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
