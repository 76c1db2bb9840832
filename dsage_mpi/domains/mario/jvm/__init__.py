"""The Java side of a Mario simulator: used in the child process alone, which has one JVM.

Importing this starts no JVM and does not even import JPype.
"""

from dsage_mpi.domains.mario.jvm.evaluator import MarioJvm

__all__ = ["MarioJvm"]
