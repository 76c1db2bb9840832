"""The deep surrogate: networks that predict what a simulation would give.

Importing this package does not import torch; its modules other than ``settings``, ``errors`` and
``device`` do.
"""

import os

# OpenMP reads this once, when torch is imported. Its threads otherwise wait for each other in busy
# loops, and beside any other running process two of them were slower than one (docs/surrogate.md).
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
