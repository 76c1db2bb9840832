"""Algorithms of the outer loop, one module each; ``config/components.py`` lists them."""

from __future__ import annotations

from dsage_mpi.config.components import METHODS
from dsage_mpi.outer.methods.base import Context, Method


def build_method(context: Context) -> Method:
    """Builds the algorithm that ``algorithm.method`` names.

    Raises:
        ComponentError: One from elsewhere cannot be imported.
    """
    method: Method = METHODS.load(context.config.algorithm.method)(context)
    return method
