"""Ways in which a farm ends before its tasks do."""

from __future__ import annotations

import contextlib
import sys

from dsage_mpi.farm import (
    Farm,
    FarmSettings,
    World,
    account,
    open_farm,
    serve,
)
from tests.farm.scenarios.common import farm_on_root
from tests.farm.toy import RESULT, TASK, ToySimulator, make_tasks


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

    account.PROGRESS_SECONDS = 0.0
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
