"""The components that come with this package, for docs/configuration.md, from their registries."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

from dsage_mpi.config.components import METHODS, method_facts
from dsage_mpi.config.keys import registries
from dsage_mpi.config.schema import Config
from dsage_mpi.core.registry import ComponentError, Registry
from dsage_mpi.domains import DOMAINS


def component_tables() -> Iterator[tuple[str, list[str]]]:
    """(title, lines of Markdown) for each key that names a component: what it can name.

    Domains have tables of their own, settings of the others are told where their table is.
    """
    for key, registry in registries(Config).items():
        if registry is not DOMAINS:
            rows = [f"| `{name}` | {_cell(registry, name)} |" for name in registry.own()]
            yield f"Values of `{key}`", ["| value | what it is |", "|---|---|", *rows]


def component_summary(registry: Registry, name: str) -> str:
    """What a component is: the first sentence of its docstring, or why it cannot be loaded."""
    try:
        found = registry.load(name)
    except ComponentError as error:
        return f"cannot be used: {error}"
    text = " ".join((inspect.getdoc(found) or "no docstring").split("\n\n")[0].split())
    if registry is METHODS:
        facts = method_facts(name)
        text += " Trains a surrogate." if facts.uses_surrogate else " Without a surrogate."
        if facts.emitters:
            text += f" Emitters: {', '.join(f'`{kind}`' for kind in facts.emitters)}."
    return text.replace("``", "`")


def _cell(registry: Registry, name: str) -> str:
    return component_summary(registry, name).replace("|", "\\|")
