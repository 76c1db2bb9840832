"""Put first on PYTHONPATH: kills the program, without warning, at a place that can be chosen.

DSAGE_TEST_KILL is WHERE:N, the N-th time that rank 0 comes by a safe point of the phase WHERE, or
is about to give a checkpoint its name (WHERE = checkpoint), or that rank 1 gets tasks (worker).
Under Slurm only in a job's first time slot. DSAGE_TEST_SIGNAL names another signal than SIGKILL.
"""

import os
import signal

if "DSAGE_TEST_KILL" in os.environ and "SLURM_RESTART_COUNT" not in os.environ:
    _where, _, _left = os.environ["DSAGE_TEST_KILL"].partition(":")
    _left = int(_left)

    def _pass(place):
        global _left
        if place == _where:
            _left -= 1
            if _left == 0:
                name = os.environ.get("DSAGE_TEST_SIGNAL", "SIGKILL")
                os.kill(os.getpid(), signal.Signals[name])

    from dsage_mpi.farm.runner import Runner
    from dsage_mpi.rundir.status import StatusFile

    _update, _run, _replace = StatusFile.update, Runner.run, os.replace

    def update(self, **facts):
        """As before, if it is lived to see; every safe point tells the status its phase."""
        if "phase" in facts:
            _pass(facts["phase"])
        _update(self, **facts)

    def run(self, tasks, *rest):
        """As before, if it is lived to see."""
        if "1" in map(os.environ.get, ("OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK")):
            _pass("worker")
        return _run(self, tasks, *rest)

    def replace(source, target, **options):
        """As before, if it is lived to see."""
        if str(target).endswith(".h5"):
            _pass("checkpoint")
        _replace(source, target, **options)

    StatusFile.update, Runner.run, os.replace = update, run, replace
