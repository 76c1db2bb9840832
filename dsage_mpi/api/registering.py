"""Names for components that are defined in this process, in a notebook's cell, say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dsage_mpi.archives.registry import ARCHIVES
from dsage_mpi.config.components import EMITTERS, METHODS, SELECTION_RULES
from dsage_mpi.domains import DOMAINS
from dsage_mpi.domains.foreign import ForeignDomain
from dsage_mpi.surrogate.registry import NETWORKS


def register_domain(name: str, domain: type) -> None:
    """Lets configurations name a class of this process: ``domain={"name": "dots"}``.

    That is for notebooks, where a class is defined in a cell: run the cell again, and register the
    class again, to change it. The name is known in this process alone. A run directory keeps the
    name and not the class: to open or continue the run in another process, register it there
    first. The commands (``inspect``, ``--restart``, ...) and ``farm.isolation = "process"`` need a
    class in a module, named ``"module:Class"``. Under ``mpirun``, every rank has to register it.

    Args:
        name: Letters, digits and "_"; a name that comes with the package cannot be replaced.
        domain: A class, derived from ``DomainBase`` or with the whole contract.

    Raises:
        ValueError: The name cannot be used, or the class is no domain; says why.

    Example:
        >>> dm.register_domain("dots", Dots)
        >>> config = dm.load_config("dots.toml")  # name = "dots" in its table [domain]
    """
    ForeignDomain(name, domain)
    DOMAINS.register(name, domain)


def register_emitter(name: str, emitter: Callable[..., Any]) -> None:
    """Lets configurations name an emitter of this process: ``emitters={"kind": "blocks"}``.

    As with ``register_domain``, the name is known in this process alone.

    Args:
        name: Letters, digits and "_"; a name that comes with the package cannot be replaced.
        emitter: A class, called with (archive, domain, settings, rng); docs/extending.md.

    Raises:
        ValueError: The name cannot be used.
    """
    EMITTERS.register(name, emitter)


def register_selection_rule(name: str, rule: Callable[..., Any]) -> None:
    """Lets configurations name a selection rule of this process: ``selection={"kind": "corners"}``.

    As with ``register_domain``, the name is known in this process alone.

    Args:
        name: Letters, digits and "_"; a name that comes with the package cannot be replaced.
        rule: A function, or a class that can be called, of (positions, context);
            docs/extending.md.

    Raises:
        ValueError: The name cannot be used.
    """
    SELECTION_RULES.register(name, rule)


def register_surrogate(name: str, network: Callable[..., Any]) -> None:
    """Lets configurations name a surrogate's network: ``surrogate={"kind": "transformer"}``.

    As with ``register_domain``, the name is known in this process alone.

    Args:
        name: Letters, digits and "_"; a name that comes with the package cannot be replaced.
        network: A class, derived from ``dsage_mpi.surrogate.network.Network``.

    Raises:
        ValueError: The name cannot be used.
    """
    NETWORKS.register(name, network)


def register_archive(name: str, archives: type) -> None:
    """Lets configurations name a kind of archive: ``archive={"kind": "hexagons"}``.

    As with ``register_domain``, the name is known in this process alone.

    Args:
        name: Letters, digits and "_"; a name that comes with the package cannot be replaced.
        archives: A class, derived from ``dsage_mpi.archives.Archives``; docs/extending.md.

    Raises:
        ValueError: The name cannot be used.
    """
    ARCHIVES.register(name, archives)


def register_method(name: str, method: Callable[..., Any]) -> None:
    """Lets configurations name a method of this process: ``algorithm={"method": "crossover"}``.

    As with ``register_domain``, the name is known in this process alone.

    Args:
        name: Letters, digits and "_"; a name that comes with the package cannot be replaced.
        method: A class, derived from ``MethodBase``; docs/extending.md.

    Raises:
        ValueError: The name cannot be used.
    """
    METHODS.register(name, method)
