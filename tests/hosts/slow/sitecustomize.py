"""Put first on PYTHONPATH: makes every simulation take DSAGE_TEST_SECONDS longer, asleep.

So a run lasts long enough for a host to be lost in the middle of it, at no cost in CPU time.
"""

import os
import time

if "DSAGE_TEST_SECONDS" in os.environ and "OMPI_COMM_WORLD_RANK" in os.environ:
    from dsage_mpi.farm.runner import Runner

    _run = Runner.run

    def run(self, tasks, *rest):
        """As before, after a rest."""
        time.sleep(float(os.environ["DSAGE_TEST_SECONDS"]) * len(tasks))
        return _run(self, tasks, *rest)

    Runner.run = run
