"""Registries of what inputs choose by name, and what is known of each before it is loaded.

Ours are declared here, so that no input has to wait for libraries that only the run needs. Others
declare the same as attributes of their classes; see docs/extending.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dsage_mpi.archives.registry import ARCHIVES
from dsage_mpi.core.registry import ComponentError, Registry
from dsage_mpi.domains.registry import DOMAINS
from dsage_mpi.surrogate.registry import NETWORKS

_SEARCH, _OUTER = "dsage_mpi.search", "dsage_mpi.outer.methods"

EMITTERS = Registry(
    "emitter",
    "dsage_mpi.emitters",
    {
        "map_elites": f"{_SEARCH}.emitters.map_elites:MapElitesEmitter",
        "cma_me": f"{_SEARCH}.emitters.cma_me:CmaMeEmitters",
        "iso_line": f"{_SEARCH}.emitters.iso_line:IsoLineEmitter",
        "mutation": f"{_SEARCH}.emitters.by_position:PositionMutationEmitter",
        "random": f"{_SEARCH}.emitters.random:RandomEmitter",
    },
    settings={"mutation": "dsage_mpi.config.own_settings:PositionMutationSettings"},
)
SELECTION_RULES = Registry(
    "selection rule",
    "dsage_mpi.selection_rules",
    {
        "downsample": f"{_SEARCH}.rules:downsample",
        "all": f"{_SEARCH}.rules:everything",
        "random": f"{_SEARCH}.rules:at_random",
        "empty_cells_first": f"{_SEARCH}.rules:empty_cells_first",
        "expected_gain": f"{_SEARCH}.rules:expected_gain",
    },
)
METHODS = Registry(
    "method",
    "dsage_mpi.methods",
    {
        "dsage": f"{_OUTER}.dsage:Dsage",
        "map_elites": f"{_OUTER}.direct:MapElites",
        "cma_me": f"{_OUTER}.direct:CmaMe",
        "domain_randomization": f"{_OUTER}.direct:DomainRandomization",
    },
)

#: Keys that name components -> what they choose from.
CHOICES: dict[str, Registry] = {
    "domain.name": DOMAINS,
    "archive.kind": ARCHIVES,
    "emitters.kind": EMITTERS,
    "selection.kind": SELECTION_RULES,
    "algorithm.method": METHODS,
    "surrogate.kind": NETWORKS,
}

#: Solutions that an emitter of ours works on; others have an attribute SOLUTIONS.
_SOLUTIONS: dict[str, tuple[str, ...]] = {
    "map_elites": ("discrete",),
    "cma_me": ("continuous",),
    "iso_line": ("continuous",),
    "mutation": ("discrete", "continuous", "mixed"),
    "random": ("discrete", "continuous", "mixed"),
}
#: Emitter kind for each kind of solutions, where neither input nor method names one.
IMPLIED_EMITTERS: dict[str, str] = {
    "discrete": "map_elites",
    "continuous": "iso_line",
    "mixed": "mutation",
}


@dataclass(frozen=True)
class MethodFacts:
    """What a method declares.

    Attributes:
        uses_surrogate: Whether it trains one, and selects what is simulated (``USES_SURROGATE``).
        emitters: Kinds of ours that it can work with, of which the solutions leave one or more;
            None if any will do (``EMITTERS``).
        columns: Columns of metrics.csv that it alone fills -> what they are (``COLUMNS``).
        own_emitters: Whether emitters from elsewhere will do, too.
    """

    uses_surrogate: bool = False
    emitters: tuple[str, ...] | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    own_emitters: bool = True


_METHODS: dict[str, MethodFacts] = {
    "dsage": MethodFacts(uses_surrogate=True),
    "map_elites": MethodFacts(emitters=("map_elites", "iso_line", "mutation")),
    "cma_me": MethodFacts(emitters=("cma_me",), own_emitters=False),
    "domain_randomization": MethodFacts(emitters=("random",), own_emitters=False),
}


def method_facts(name: str) -> MethodFacts:
    """What the method ``name`` declares.

    Raises:
        ComponentError: There is no such method.
    """
    if METHODS.is_own(name):
        return _METHODS[name]
    made_by = METHODS.load(name)
    emitters = getattr(made_by, "EMITTERS", None)
    return MethodFacts(
        uses_surrogate=bool(getattr(made_by, "USES_SURROGATE", False)),
        emitters=None if emitters is None else tuple(emitters),
        columns=dict(getattr(made_by, "COLUMNS", {})),
    )


def emitter_solutions(kind: str) -> tuple[str, ...]:
    """The kinds of solutions that an emitter can work on; none if it cannot be loaded."""
    if EMITTERS.is_own(kind):
        return _SOLUTIONS[kind]
    try:
        found = EMITTERS.load(kind)
    except ComponentError:
        return ()
    return tuple(getattr(found, "SOLUTIONS", ("discrete", "continuous")))


def foreign_components(config: Any) -> list[str]:
    """What a configuration names that does not come with this package, as ``key = "name"``.

    Args:
        config: The whole configuration, or its tables before they are checked.
    """
    found = []
    for key, registry in CHOICES.items():
        table, field_name = key.split(".")
        name = _member(_member(config, table), field_name)
        if isinstance(name, str) and not registry.is_own(name):
            found.append(f'{key} = "{name}"')
    return found


def _member(table: Any, name: str) -> Any:
    return table.get(name) if isinstance(table, Mapping) else getattr(table, name, None)
