"""DSAGE on MPI: diverse environment generation with deep surrogates.

Importing this package starts neither MPI nor a JVM and does not import torch.
"""

__version__ = "0.1.0"
