"""Put first on PYTHONPATH: makes every simulation of a job's first time slot take longer.

So the first slot is never enough and the second one is, on a machine of any speed, at no cost in
CPU time.
"""

import os
import time

if "SLURM_PROCID" in os.environ and "SLURM_RESTART_COUNT" not in os.environ:
    from dsage_mpi.farm.runner import Runner

    _run = Runner.run

    def run(self, tasks, *rest):
        """As before, after a rest."""
        time.sleep(float(os.environ["DSAGE_TEST_SECONDS"]) * len(tasks))
        return _run(self, tasks, *rest)

    Runner.run = run
