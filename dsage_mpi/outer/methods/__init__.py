"""Algorithms of the outer loop, one module each; ``config/components.py`` lists them."""

from __future__ import annotations

from typing import cast

from dsage_mpi.config.components import METHODS
from dsage_mpi.core.component_failures import Guarded, failures_of
from dsage_mpi.outer.methods.base import Context, Method


def build_method(context: Context) -> Method:
    """Builds the algorithm that ``algorithm.method`` names.

    Raises:
        ComponentError: One from elsewhere cannot be imported.
        ComponentFailedError: It can, and fails; so may all that it is asked for later.
    """
    name = context.config.algorithm.method
    made_by = METHODS.load(name)
    if METHODS.is_own(name):
        return cast(Method, made_by(context))
    what = f'algorithm.method = "{name}"'
    with failures_of(what):
        return cast(Method, Guarded(made_by(context), what))
