"""What components declare as attributes of their classes, whatever their kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

_Check = Callable[[Any], bool]


def declaration_problem(component: Any) -> str:
    """What is wrong with the declarations of a component from elsewhere; empty if nothing is.

    Args:
        component: What a name in an input leads to.
    """
    name = getattr(component, "__name__", type(component).__name__)
    for attribute, (holds, expected) in _DECLARATIONS.items():
        value = getattr(component, attribute, None)
        if value is not None and not holds(value):
            return f"{name}.{attribute} is {value!r:.80}: expected {expected}"
    return ""


def _texts(value: Any) -> bool:
    return isinstance(value, tuple | list) and all(isinstance(item, str) for item in value)


def _columns(value: Any) -> bool:
    return isinstance(value, Mapping) and all(
        isinstance(name, str) and name.isidentifier() and isinstance(told, str)
        for name, told in value.items()
    )


def _settings(value: Any) -> bool:
    return isinstance(value, type) and hasattr(value, "model_validate")


def _parameters(value: Any) -> bool:
    return isinstance(value, Mapping) and all(isinstance(name, str) for name in value)


_TEXTS = "a tuple of texts"
_DECLARATIONS: dict[str, tuple[_Check, str]] = {
    "Settings": (_settings, "a class with pydantic fields, derived from dsage_mpi.Settings"),
    "SOLUTIONS": (_texts, f'{_TEXTS}, such as ("discrete",)'),
    "EMITTERS": (_texts, f'{_TEXTS}, such as ("map_elites",)'),
    "LEVELS": (_texts, f'{_TEXTS}, such as ("images",)'),
    "PARAMETERS": (
        _parameters,
        'names -> what each can be, such as {"slope": Real(-1, 1), "roof": Choice("flat", "dome")}',
    ),
    "COLUMNS": (_columns, 'names of columns, of letters, digits and "_" -> what they are'),
}
