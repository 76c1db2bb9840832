"""The deep surrogate: networks that predict what a simulation would give.

Importing this package does not import torch; its modules other than ``settings`` do.
"""
