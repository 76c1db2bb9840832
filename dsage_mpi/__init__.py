"""DSAGE on MPI: diverse environment generation with deep surrogates.

Importing this package starts neither MPI nor a JVM and does not import torch.
"""

from dsage_mpi.core.version import __version__

__all__ = ["__version__"]
