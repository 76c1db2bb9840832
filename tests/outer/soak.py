"""soak.py FOLDER KILLS: a run that is killed at random moments, again and again, by SIGKILL.

Its simulator fails in every way that a simulator in the process can. One process imports
everything once; the run's starts are forks of it. Prints JSON: what the run ended with.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import sys
import time
from pathlib import Path

import numpy as np

from dsage_mpi.checkpoint.files import checkpoint_path, prune, read_newest
from dsage_mpi.checkpoint.hdf5 import write_tree
from dsage_mpi.core.state import CheckpointError
from dsage_mpi.farm import FarmSettings, World, open_farm
from dsage_mpi.outer.loop import OuterLoop
from dsage_mpi.outer.phases import Phases
from dsage_mpi.report.digest import digest
from dsage_mpi.rundir.journal import Journal
from dsage_mpi.rundir.journaled_farm import JournaledFarm
from tests.outer.loops import Silent
from tests.outer.toy import RESULT, GridDomain, config

SECONDS = 0.002


class Sick(GridDomain):
    """Every tenth task or so fails, each in its own way; which and how depends on its seed."""

    def simulate(self, tasks):
        time.sleep(SECONDS * len(tasks))
        results = super().simulate(tasks)
        for seed in tasks["seed"]:
            match int(seed) % 50:
                case 0:
                    raise RuntimeError("boom")
                case 1:
                    sys.exit(3)
                case 2:
                    return np.zeros((len(tasks), 2), RESULT)
                case 3:
                    return "nonsense"
                case 4:
                    results["score"][tasks["seed"] == seed] = np.nan
        return results


def run(folder: Path) -> OuterLoop:
    """Goes on from what is in ``folder`` to the end."""
    domain = Sick()
    settings = config("map_elites", algorithm={"max_evaluations": 2000})
    journal = Journal(folder / "journal", "toy")
    with open_farm(
        World(), lambda: domain.simulate, domain.task_dtype, domain.result_dtype, FarmSettings()
    ) as farm:
        journaled = JournaledFarm(farm, journal, domain.result_dtype)
        loop = OuterLoop(settings, domain, journaled, Phases(Silent()))
        with contextlib.suppress(CheckpointError):  # none yet
            loop.load_state(read_newest(folder)[1])
        journaled.next_evaluation = len(loop.record)

        def after(step):
            if loop.iteration % 5 == 0:
                write_tree(checkpoint_path(folder, loop.iteration), loop.state())
                prune(folder, keep=2)
                journal.checkpointed(len(loop.record))

        loop.run(after)
    journal.close()
    return loop


def start(folder: Path) -> int:
    """A start of the run in a process of its own; its id."""
    child = os.fork()
    if child == 0:
        loop = run(folder)
        state = loop.state()
        out = {
            "digest": digest(state),
            "evaluations": len(loop.record),
            "failed": np.flatnonzero(loop.record["failed"]).tolist(),
            "reasons": sorted(loop.record.reasons),
        }
        (folder / "end.json").write_text(json.dumps(out))
        os._exit(0)
    return child


def main(folder: Path, kills: int) -> None:
    """Kills, restarts, prints."""
    rng = random.Random(1)
    (folder / "checkpoints").mkdir(parents=True)
    killed = 0
    while True:
        child = start(folder)
        if killed < kills:
            time.sleep(rng.uniform(0.05, 0.6))
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status):
            killed += 1
            continue
        assert status == 0
        break
    print(json.dumps({"killed": killed, **json.loads((folder / "end.json").read_text())}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
