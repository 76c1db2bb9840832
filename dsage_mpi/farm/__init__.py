"""The farm: rank 0 hands out simulator tasks, all other ranks simulate.

It ships NumPy structured arrays as plain bytes and knows nothing of what they mean. Importing it
does not start MPI; ``open_world`` does, and only in a process that an MPI launcher started.
"""

from dsage_mpi.farm.interface import Farm, FarmError
from dsage_mpi.farm.launch import LaunchError, World, open_world
from dsage_mpi.farm.opening import open_farm
from dsage_mpi.farm.outcome import Outcome, RankStats, idle_share
from dsage_mpi.farm.settings import FarmSettings
from dsage_mpi.farm.worker import Duties, serve

__all__ = [
    "Duties",
    "Farm",
    "FarmError",
    "FarmSettings",
    "LaunchError",
    "Outcome",
    "RankStats",
    "World",
    "idle_share",
    "open_farm",
    "open_world",
    "serve",
]
