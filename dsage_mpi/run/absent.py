"""Reading runs whose components (somebody's domain, emitter, ...) this machine does not have.

What a run has found needs none of them; only what calls one does: pictures of levels, a restart.
"""

from __future__ import annotations

import tomllib
from typing import Any, NoReturn

from pydantic import BaseModel, ConfigDict, create_model

from dsage_mpi.config.components import CHOICES, EMITTERS, METHODS, SELECTION_RULES
from dsage_mpi.core.component_failures import ComponentFailedError
from dsage_mpi.core.domain import DomainError, Measure
from dsage_mpi.core.registry import Registry
from dsage_mpi.core.state import Tree
from dsage_mpi.domains import DOMAINS
from dsage_mpi.surrogate.registry import NETWORKS

_REGISTRIES: dict[str, Registry] = {
    "domain.name": DOMAINS,
    "emitters.kind": EMITTERS,
    "selection.kind": SELECTION_RULES,
    "algorithm.method": METHODS,
    "surrogate.kind": NETWORKS,
}


def stand_in_for_absent(tree: Tree) -> list[str]:
    """Has stand-ins for the components of a run that cannot be imported here.

    Its configuration can be read then; whatever calls such a component raises ``DomainError`` or
    ``ComponentFailedError``, with the reason.

    Args:
        tree: A checkpoint of the run.

    Returns:
        One line for each component that is absent.
    """
    try:
        tables = tomllib.loads(str(tree["config"]))
    except tomllib.TOMLDecodeError:  # whoever reads the configuration says so
        return []
    absent = []
    for choice in CHOICES:
        table, key = choice.split(".")
        name = tables.get(table, {}).get(key)
        registry = _REGISTRIES[choice]
        if not isinstance(name, str) or not (why := registry.absence(name)):
            continue
        line = f'{choice} = "{name}": {why}'
        absent.append(line)
        if registry is DOMAINS:
            registry.stand_in(name, _domain(why, tables[table], tree))
        else:
            own = tables[table].get("settings", {})
            registry.stand_in(name, _component(line, own, tree))
    return absent


def _domain(why: str, table: dict[str, Any], tree: Tree) -> type:
    """A class of which everything is known that the checkpoint says."""

    def refuse(self: Any, settings: Any, measures: tuple[str, ...]) -> NoReturn:
        raise DomainError(why)

    kind = "continuous" if tree["record"]["solution"].dtype.kind == "f" else "discrete"
    names = [*tree["names"]["measures"], *tree["names"]["metadata"]]
    return type(
        "AbsentDomain",
        (),
        {
            "__init__": refuse,
            "MEASURES": {name: Measure(float("-inf"), float("inf")) for name in names},
            "SOLUTION_KIND": kind,
            "Settings": _settings({k: v for k, v in table.items() if k != "name"}),
        },
    )


def _component(why: str, own: dict[str, Any], tree: Tree) -> type:
    def refuse(self: Any, *arguments: Any) -> NoReturn:
        raise ComponentFailedError(why)

    members: dict[str, Any] = {"__init__": refuse, "USES_SURROGATE": "surrogate" in tree}
    members |= {"LEVELS": ("images", "vectors"), "OCCUPANCY": True}
    if own:
        members["Settings"] = _settings(own)
    return type("AbsentComponent", (), members)


def _settings(table: dict[str, Any]) -> type[BaseModel]:
    """Settings with the keys of ``table``, in its order, whatever their values are."""
    fields: dict[str, Any] = dict.fromkeys(table, (Any, None))
    return create_model("Settings", __config__=ConfigDict(frozen=True, extra="forbid"), **fields)
