"""Registries: the names by which an input chooses a component, ours or anybody's.

A component (a domain, an emitter, ...) is found by its name in our own table, by the name of an
entry point that an installed package declares, or by a dotted path ``"my_package.my_module:Thing"``
in the input. Nothing is imported before it is asked for.

    [project.entry-points."dsage_mpi.emitters"]        # in the pyproject.toml of another package
    gaussian = "my_package.emitters:GaussianEmitter"
"""

from __future__ import annotations

import difflib
import os
import re
import sys
from collections.abc import Iterator, Mapping
from functools import cached_property
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any, TypeGuard

from dsage_mpi.core.declarations import declaration_problem

_DOTTED = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*(\.[^\W\d]\w*)*")


_NONE: Mapping[str, str] = {}


class ComponentError(ValueError):
    """A name that leads to no component; the message says why and what to do."""


class Registry:
    """The components of one kind.

    Args:
        kind: What they are, for messages ("emitter").
        group: Group of entry points that other packages add to.
        own: Name -> "module:attribute" of those that come with this package.
        settings: Name -> "module:Class" of the settings that some of these have.
    """

    def __init__(
        self, kind: str, group: str, own: Mapping[str, str], settings: Mapping[str, str] = _NONE
    ) -> None:
        self.kind, self.group = kind, group
        self._own, self._settings = dict(own), dict(settings)
        self._here: dict[str, Any] = {}
        self._stand_ins: dict[str, Any] = {}

    def register(self, name: str, component: Any) -> None:
        """Makes a component known by ``name`` in this process; replaces an earlier one.

        Raises:
            ComponentError: The name is one of ours or no name, or the component cannot be called.
        """
        if not isinstance(name, str) or not name.isidentifier():
            raise ComponentError(
                f'name = {name!r}: expected letters, digits and "_", such as "my_{self._word}"'
            )
        if name in self._own:
            raise ComponentError(f'name = "{name}": {self.kind} of ours; expected another name')
        if not callable(component):
            raise ComponentError(
                f"{component!r:.80} is no {self.kind}: expected a class, or what can be called"
            )
        self._here[name] = component

    def stand_in(self, name: str, component: Any) -> None:
        """Has ``component`` stand where ``name`` leads to none, so that others can be read."""
        self._stand_ins[name] = component

    def is_only_here(self, name: str) -> bool:
        """Whether ``name`` leads to a component in this process alone, not in one it starts."""
        return name in self._here or name.startswith("__main__:")

    @property
    def _word(self) -> str:
        return self.kind.replace(" ", "_")

    @cached_property
    def _paths(self) -> dict[str, str]:
        """All names that are registered; our own cannot be replaced."""
        return {e.name: e.value for e in entry_points(group=self.group)} | self._own

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._paths | self._here))

    def own(self) -> tuple[str, ...]:
        """Names of those that come with this package, in the order of their table."""
        return tuple(self._own)

    def is_own(self, name: str) -> bool:
        """Whether ``name`` is one of those that come with this package."""
        return name in self._own

    def path(self, name: str) -> str:
        """The "module:attribute" of a registered name or dotted path.

        Raises:
            ComponentError: It is neither.
        """
        found = self._own.get(name) or self._paths.get(name)
        if found is None and not _DOTTED.fullmatch(name):
            raise ComponentError(self.expected(name))
        return found or name

    def expected(self, name: str = "") -> str:
        """What may stand in an input, and which of it ``name`` was probably meant to be."""
        a_kind = f"{'an' if self.kind[0] in 'aeiou' else 'a'} {self.kind}"
        text = f'expected one of {", ".join(self)}, or "module:NAME" of {a_kind} of your own'
        near = difflib.get_close_matches(name, list(self), n=1) if name else []
        return f'{text} (did you mean "{near[0]}"?)' if near else text

    def load(self, name: str) -> Any:
        """The component itself; its module is imported.

        Raises:
            ComponentError: There is no such name, or it cannot be imported.
        """
        try:
            return self._found(name)
        except ComponentError:
            if name in self._stand_ins:
                return self._stand_ins[name]
            raise

    def _found(self, name: str) -> Any:
        found = self._here[name] if name in self._here else load(self.path(name))
        if problem := declaration_problem(found):
            raise ComponentError(problem)
        return found

    def settings_class(self, name: str) -> Any:
        """The class of the settings that a component has of its own, or None.

        Raises:
            ComponentError: There is no such component, or it cannot be imported.
        """
        if self.is_own(name):
            return load(self._settings[name]) if name in self._settings else None
        return getattr(self.load(name), "Settings", None)

    def checked(self, name: str) -> str:
        """``name`` itself, if it leads to a component; for validators.

        Raises:
            ComponentError: It does not.
        """
        if problem := self.problem(name):
            raise ComponentError(problem)
        return name

    def finds(self, name: Any) -> TypeGuard[str]:
        """Whether ``name`` leads to a component."""
        return isinstance(name, str) and not self.problem(name)

    def absence(self, name: str) -> str:
        """Why ``name`` itself leads to no component here, stand-ins aside; empty if it does."""
        try:
            if not self.is_own(name):
                self._found(name)
        except ComponentError as error:
            return str(error)
        return ""

    def problem(self, name: str) -> str:
        """Why ``name`` leads to no component; empty if it does."""
        try:
            if not self.is_own(name):
                self.load(name)
        except ComponentError as error:
            return str(error)
        return ""


def load(path: str) -> Any:
    """The object that a dotted path "package.module:name" leads to.

    The current directory counts as one that modules are imported from, after all others.

    Raises:
        ComponentError: Its module cannot be imported, or has no such name.
    """
    module_name, _, attribute = path.partition(":")
    _make_current_directory_importable()
    try:
        found = import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is not None and f"{module_name}.".startswith(f"{error.name}."):
            raise ComponentError(
                f"there is no module {error.name}; start in the folder that has it, "
                "or add that folder to PYTHONPATH"
            ) from None
        raise ComponentError(_failed_import(module_name, error)) from None
    # Whatever somebody's module does while it is imported; a script ends the program.
    except (Exception, SystemExit) as error:
        raise ComponentError(_failed_import(module_name, error)) from None
    for part in attribute.split("."):
        if not hasattr(found, part):
            names = [n for n in vars(found) if not n.startswith("_")]
            near = difflib.get_close_matches(part, names, n=1)
            hint = f' (did you mean "{near[0]}"?)' if near else ""
            where = getattr(found, "__file__", None) or module_name
            raise ComponentError(f"{where} has no {part}{hint}")
        found = getattr(found, part)
    return found


def _failed_import(module: str, error: BaseException) -> str:
    text = " ".join(str(error).split())
    return f"module {module} cannot be imported: {type(error).__name__}: {text}"


def _make_current_directory_importable() -> None:
    """Does for the ``dsage_mpi`` script what ``python -m`` does; installed modules come first."""
    here = os.getcwd()
    if "" not in sys.path and here not in sys.path:
        sys.path.append(here)
