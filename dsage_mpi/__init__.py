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
    from dsage_mpi.api.results import Run, open_run
    from dsage_mpi.api.running import illuminate
    from dsage_mpi.api.scenes import RenderError
    from dsage_mpi.api.steps import Step
    from dsage_mpi.config.errors import ConfigError
    from dsage_mpi.config.schema import Config
    from dsage_mpi.core.domain import DomainError, Measure
    from dsage_mpi.core.domain_base import DomainBase
    from dsage_mpi.core.parameters import Choice, Integer, Real
    from dsage_mpi.core.state import CheckpointError
    from dsage_mpi.farm.interface import FarmError
    from dsage_mpi.report.movie import MovieError
    from dsage_mpi.run.stop import StopRequested
    from dsage_mpi.rundir.run_directory import RunDirectoryError
    from dsage_mpi.surrogate.errors import SurrogateError

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
}

__all__ = [
    "CheckpointError",
    "Choice",
    "Config",
    "ConfigError",
    "DomainBase",
    "DomainError",
    "FarmError",
    "Integer",
    "Measure",
    "MovieError",
    "Real",
    "RenderError",
    "Run",
    "RunDirectoryError",
    "RunError",
    "Step",
    "StopRequested",
    "SurrogateError",
    "__version__",
    "illuminate",
    "iterate",
    "load_config",
    "open_run",
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
