"""Domains by name: ours, those of installed packages, and classes anywhere by dotted path.

A domain of ours is one folder with ``settings.py`` (light) and ``domain.py``, and one line in
``registry.py``.
``settings.py`` defines SETTINGS (pydantic model), MEASURES, SOLUTION_KIND, SOLUTION_DIM (numbers in
a solution) and ``cost_facts``; it may define MEASURE_ALIASES (other name of a measure -> its name),
CHANGEABLE (keys that a restart may change) and OCCUPANCY (False where simulations give none).
Domains from elsewhere are classes that have the same names (``domains/foreign.py``); see
docs/extending.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeGuard

from dsage_mpi.core.registry import ComponentError
from dsage_mpi.domains.registry import DOMAINS, domain_package

if TYPE_CHECKING:
    from pydantic import BaseModel

    from dsage_mpi.core.domain import Domain, Measure
    from dsage_mpi.core.levels import LevelKind

__all__ = [
    "DOMAINS",
    "build_domain",
    "domain_package",
    "domain_problem",
    "domain_settings",
    "finds_domain",
    "gives_occupancy",
    "has_planes",
    "level_kind_of",
    "measures_of",
    "solution_dim",
]


def domain_settings(name: str) -> Any:
    """What is known of a domain before it is built: SETTINGS, MEASURES, SOLUTION_KIND, ...

    Returns:
        The ``settings`` module of one of ours; a ``ForeignDomain``, with the same names, of others.

    Raises:
        ComponentError: There is no such domain, or it is none.
    """
    if DOMAINS.is_own(name):
        return import_module(f"{domain_package(name)}.settings")
    from dsage_mpi.domains.foreign import foreign_domain

    return foreign_domain(name)


def domain_problem(name: str) -> str:
    """Why there is no domain of this name; empty if there is."""
    try:
        domain_settings(name)
    except ComponentError as error:
        return str(error)
    return ""


def finds_domain(name: Any) -> TypeGuard[str]:
    """Whether there is a domain of this name."""
    return isinstance(name, str) and not domain_problem(name)


def solution_dim(settings: BaseModel) -> int | None:
    """Numbers in a solution of the domain with these settings; None if they do not tell."""
    known = domain_settings(settings.name)  # type: ignore[attr-defined]
    found: int | None = (
        known.solution_dim(settings) if hasattr(known, "solution_dim") else known.SOLUTION_DIM
    )
    return found


def level_kind_of(table: Any) -> LevelKind:
    """What the levels of a domain are.

    Args:
        table: Its table ``[domain]``, checked (an object of its settings) or not (a mapping).
    """
    name = table["name"] if isinstance(table, Mapping) else table.name
    known = domain_settings(name)
    found: LevelKind = known.level_kind(table) if hasattr(known, "level_kind") else "images"
    return found


def gives_occupancy(table: Any) -> bool:
    """Whether simulations of a domain give occupancy grids.

    Args:
        table: As in ``level_kind_of``.
    """
    name = table["name"] if isinstance(table, Mapping) else table.name
    declared = bool(getattr(domain_settings(name), "OCCUPANCY", True))
    return declared and level_kind_of(table) == "images"


def has_planes(table: Any) -> bool:
    """Whether a domain computes planes for networks.

    Args:
        table: Its table ``[domain]``, an object of its settings.
    """
    return bool(domain_settings(table.name).cost_facts(table).planes)


def measures_of(settings: Any) -> Mapping[str, Measure] | None:
    """What an archive of the domain with these settings can be spanned by.

    Returns:
        Name -> measure; None where that depends on settings that are not known.
    """
    known = domain_settings(settings.name)
    if hasattr(known, "measures"):
        found: Mapping[str, Measure] | None = known.measures(settings)
        return found
    declared: Mapping[str, Measure] = known.MEASURES
    return declared


def build_domain(settings: BaseModel, measures: tuple[str, ...]) -> Domain:
    """Builds the domain that ``settings.name`` names, spanning ``measures``.

    Raises:
        DomainError: It does not load, or what it needs is missing.
    """
    from dsage_mpi.core.domain import DomainError

    name: str = settings.name  # type: ignore[attr-defined]
    if not DOMAINS.is_own(name):
        foreign: Domain = domain_settings(name).build(settings, measures)
        return foreign
    try:
        module = import_module(f"{domain_package(name)}.domain")
    except ImportError as error:  # native code of another Python, or none
        raise DomainError(
            f"the {name} domain does not load: {error}. Run `make setup` in the project's folder, "
            "or activate the environment that it made (docs/install.md)"
        ) from error
    domain: Domain = module.build(settings, measures)
    return domain
