"""Algorithms of the outer loop: one module each, one line of registration here."""

from __future__ import annotations

from importlib import import_module

from dsage_mpi.outer.methods.base import Context, Method

#: algorithm.method in TOML -> (module, class).
METHODS: dict[str, tuple[str, str]] = {
    "dsage": ("dsage", "Dsage"),
    "map_elites": ("direct", "Direct"),
    "cma_me": ("direct", "Direct"),
    "domain_randomization": ("direct", "Direct"),
}


def build_method(context: Context) -> Method:
    """Builds the algorithm that ``algorithm.method`` names."""
    module, name = METHODS[context.config.algorithm.method]
    method: Method = getattr(import_module(f"{__name__}.{module}"), name)(context)
    return method
