"""Simulators in a child process: whatever one does, it costs one task and never a rank.

A crash, an endless loop, an exception or exhausted memory ends the child; it is started afresh, the
task is tried once more and then reported as failed. Knows nothing of MPI, farms or any domain.
"""

from dsage_mpi.isolation.factory import Factory
from dsage_mpi.isolation.simulator import Contained, IsolatedSimulator

__all__ = ["Contained", "Factory", "IsolatedSimulator"]
