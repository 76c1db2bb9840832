"""Registry of domains: a new domain is one new folder and one line here."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import BaseModel

    from dsage_mpi.core.domain import Domain

#: Name in TOML -> package that holds ``settings.py`` (light) and ``domain.py`` (the domain itself).
#: ``settings.py`` defines SETTINGS (pydantic model), MEASURES, SOLUTION_KIND, SOLUTION_DIM (numbers
#: in a solution) and ``cost_facts``; it may define MEASURE_ALIASES (other name of a measure -> its
#: name) and CHANGEABLE (keys that a restart may change).
DOMAINS: dict[str, str] = {
    "mario": "dsage_mpi.domains.mario",
    "maze": "dsage_mpi.domains.maze",
}


def domain_settings(name: str) -> ModuleType:
    """The ``settings`` module of a domain: SETTINGS, MEASURES, SOLUTION_KIND, SOLUTION_DIM."""
    return import_module(f"{DOMAINS[name]}.settings")


def build_domain(settings: BaseModel, measures: tuple[str, ...]) -> Domain:
    """Builds the domain that ``settings.name`` names, spanning ``measures``.

    Raises:
        DomainError: It does not load, or what it needs is missing.
    """
    from dsage_mpi.core.domain import DomainError

    name: str = settings.name  # type: ignore[attr-defined]
    try:
        module = import_module(f"{DOMAINS[name]}.domain")
    except ImportError as error:  # native code of another Python, or none
        raise DomainError(
            f"the {name} domain does not load: {error}. Run `make setup` in the project's folder, "
            "or activate the environment that it made (docs/install.md)"
        ) from error
    domain: Domain = module.build(settings, measures)
    return domain
