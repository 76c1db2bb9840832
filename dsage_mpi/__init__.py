"""DSAGE on MPI: diverse environment generation with deep surrogates.

Everything public is here, and described in docs/api.md. Importing this package starts neither MPI
nor a JVM and imports neither torch nor NumPy: a name is loaded when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from dsage_mpi.core.version import __version__

if TYPE_CHECKING:
    from dsage_mpi.api.configuring import load_config
    from dsage_mpi.api.errors import RunError
    from dsage_mpi.api.iterating import iterate
    from dsage_mpi.api.registering import (
        register_archive,
        register_domain,
        register_emitter,
        register_method,
        register_selection_rule,
        register_surrogate,
    )
    from dsage_mpi.api.results import Run, open_run
    from dsage_mpi.api.running import illuminate
    from dsage_mpi.api.scenes import RenderError
    from dsage_mpi.api.steps import Step
    from dsage_mpi.config.errors import ConfigError
    from dsage_mpi.config.schema import Config
    from dsage_mpi.core.component_failures import ComponentFailedError
    from dsage_mpi.core.domain import DomainError, Measure
    from dsage_mpi.core.domain_base import DomainBase
    from dsage_mpi.core.parameters import Choice, Integer, Real
    from dsage_mpi.core.registry import ComponentError
    from dsage_mpi.core.seeding import Purpose, generator
    from dsage_mpi.core.settings import Settings
    from dsage_mpi.core.state import CheckpointError
    from dsage_mpi.farm.interface import FarmError
    from dsage_mpi.outer.methods.base import MethodBase, Proposal
    from dsage_mpi.report.movie import MovieError
    from dsage_mpi.run.stop import StopRequested
    from dsage_mpi.rundir.run_directory import RunDirectoryError
    from dsage_mpi.search.emitters.mutation import MutationEmitter
    from dsage_mpi.surrogate.errors import SurrogateError
    from dsage_mpi.testing.check import check_domain

#: Public name -> the module that it is loaded from.
_MODULES = {
    "load_config": "dsage_mpi.api.configuring",
    "Config": "dsage_mpi.api.configuring",
    "illuminate": "dsage_mpi.api.running",
    "iterate": "dsage_mpi.api.iterating",
    "Step": "dsage_mpi.api.steps",
    "open_run": "dsage_mpi.api.results",
    "Run": "dsage_mpi.api.results",
    "ConfigError": "dsage_mpi.config.errors",
    "RunError": "dsage_mpi.api.errors",
    "RunDirectoryError": "dsage_mpi.rundir.run_directory",
    "CheckpointError": "dsage_mpi.core.state",
    "DomainBase": "dsage_mpi.core.domain_base",
    "Measure": "dsage_mpi.core.domain",
    "Real": "dsage_mpi.core.parameters",
    "Integer": "dsage_mpi.core.parameters",
    "Choice": "dsage_mpi.core.parameters",
    "DomainError": "dsage_mpi.core.domain",
    "SurrogateError": "dsage_mpi.surrogate.errors",
    "FarmError": "dsage_mpi.farm.interface",
    "MovieError": "dsage_mpi.report.movie",
    "RenderError": "dsage_mpi.api.scenes",
    "StopRequested": "dsage_mpi.run.stop",
    "register_domain": "dsage_mpi.api.registering",
    "register_emitter": "dsage_mpi.api.registering",
    "register_method": "dsage_mpi.api.registering",
    "register_selection_rule": "dsage_mpi.api.registering",
    "register_archive": "dsage_mpi.api.registering",
    "register_surrogate": "dsage_mpi.api.registering",
    "Settings": "dsage_mpi.core.settings",
    "check_domain": "dsage_mpi.testing.check",
    "MutationEmitter": "dsage_mpi.search.emitters.mutation",
    "MethodBase": "dsage_mpi.outer.methods.base",
    "Proposal": "dsage_mpi.outer.methods.base",
    "Purpose": "dsage_mpi.core.seeding",
    "generator": "dsage_mpi.core.seeding",
    "ComponentError": "dsage_mpi.core.registry",
    "ComponentFailedError": "dsage_mpi.core.component_failures",
}

__all__ = [
    "CheckpointError",
    "Choice",
    "ComponentError",
    "ComponentFailedError",
    "Config",
    "ConfigError",
    "DomainBase",
    "DomainError",
    "FarmError",
    "Integer",
    "Measure",
    "MethodBase",
    "MovieError",
    "MutationEmitter",
    "Proposal",
    "Purpose",
    "Real",
    "RenderError",
    "Run",
    "RunDirectoryError",
    "RunError",
    "Settings",
    "Step",
    "StopRequested",
    "SurrogateError",
    "__version__",
    "check_domain",
    "generator",
    "illuminate",
    "iterate",
    "load_config",
    "open_run",
    "register_archive",
    "register_domain",
    "register_emitter",
    "register_method",
    "register_selection_rule",
    "register_surrogate",
]


def __getattr__(name: str) -> Any:
    """Loads a public name when it is first used (PEP 562)."""
    try:
        module = _MODULES[name]
    except KeyError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
    value = globals()[name] = getattr(import_module(module), name)
    return value


def __dir__() -> list[str]:
    return __all__
