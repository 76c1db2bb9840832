"""Run by test_killed.py on several ranks: ``killed.py OUT``. Each worker loses its JVM once."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from typing import Any

import numpy as np

from dsage_mpi.domains.mario.records import result_dtype, task_dtype
from dsage_mpi.domains.mario.simulator import MarioSimulator
from dsage_mpi.farm import FarmSettings, open_farm, open_world, serve
from tests.domains.mario.jvm.games import ROLLOUTS, own_settings, own_tasks

TASKS = 24


class Victim:
    """A simulator whose JVM is killed while it works on its second batch."""

    def __init__(self) -> None:
        self.simulator = MarioSimulator(own_settings())
        self.batches = 0

    def __call__(self, tasks: Any) -> Any:
        self.batches += 1
        if self.batches != 2:
            return self.simulator(tasks)
        killer = threading.Thread(target=self.kill)
        killer.start()
        results = self.simulator(tasks)
        killer.join()
        return results

    def kill(self) -> None:
        time.sleep(0.01)
        assert self.simulator.pid is not None
        os.kill(self.simulator.pid, signal.SIGKILL)

    def close(self) -> None:
        assert self.batches >= 2, "no JVM was killed on this rank"
        self.simulator.close()


def main() -> None:
    """Rank 0 writes the results; NumPy's format, so that they can be compared byte for byte."""
    world = open_world()
    # Small enough for every worker to get its second batch.
    farm = FarmSettings(chunk=4)
    arguments = (world, Victim, task_dtype(ROLLOUTS), result_dtype(ROLLOUTS), farm)
    if not world.is_root:
        serve(*arguments)
        return
    with open_farm(*arguments) as opened:
        outcome = opened.evaluate(own_tasks(TASKS))
    assert outcome.reasons == {}, outcome.reasons
    np.save(sys.argv[1], outcome.results)


if __name__ == "__main__":
    main()
