"""Registries of what inputs choose by name, and what is known of each before it is loaded.

Ours are declared here, so that no input has to wait for libraries that only the run needs. Others
declare the same as attributes of their classes; see docs/extending.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from pydantic import BaseModel, ValidationError, model_validator

from dsage_mpi.core.registry import ComponentError, Registry
from dsage_mpi.core.settings import Settings, problems_error

_SEARCH, _OUTER = "dsage_mpi.search", "dsage_mpi.outer.methods"

EMITTERS = Registry(
    "emitter",
    "dsage_mpi.emitters",
    {
        "map_elites": f"{_SEARCH}.emitters.map_elites:MapElitesEmitter",
        "cma_me": f"{_SEARCH}.emitters.cma_me:CmaMeEmitters",
        "iso_line": f"{_SEARCH}.emitters.iso_line:IsoLineEmitter",
        "random": f"{_SEARCH}.emitters.random:RandomEmitter",
    },
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
        "map_elites": f"{_OUTER}.direct:Direct",
        "cma_me": f"{_OUTER}.direct:Direct",
        "domain_randomization": f"{_OUTER}.direct:Direct",
    },
)

#: Keys that name components.
CHOICES = ("domain.name", "archive.kind", "emitters.kind", "selection.kind", "algorithm.method")

#: Solutions that an emitter of ours works on; others have an attribute SOLUTIONS.
_SOLUTIONS: dict[str, tuple[str, ...]] = {
    "map_elites": ("discrete",),
    "cma_me": ("continuous",),
    "iso_line": ("continuous",),
    "random": ("discrete", "continuous"),
}
#: Emitter kind for each kind of solutions, where neither input nor method names one.
IMPLIED_EMITTERS: dict[str, str] = {"discrete": "map_elites", "continuous": "iso_line"}


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
    "map_elites": MethodFacts(emitters=("map_elites", "iso_line")),
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


class ComponentSettings(Settings):
    """A table whose kind may come from elsewhere, with settings of its own in ``settings``."""

    REGISTRY: ClassVar[Registry]
    #: The key that names the component.
    CHOICE: ClassVar[str] = "kind"

    @model_validator(mode="before")
    @classmethod
    def _check_own_settings(cls, data: Any) -> Any:
        """Checks ``settings`` with the component's own class and fills in what it leaves out."""
        if not isinstance(data, dict):
            return data
        name, given = data.get(cls.CHOICE), data.get("settings")
        model = _settings_class(cls.REGISTRY, name)
        if model is None:
            # A name that leads nowhere is a problem of its own key.
            if given is not None and (name is None or cls.REGISTRY.finds(name)):
                what = f'{cls.CHOICE} = "{name}"' if name else f"without {cls.CHOICE}"
                raise problems_error([("settings", f"{what} has no settings of its own")])
            return data
        try:
            valid = model.model_validate({} if given is None else given)
        except ValidationError as error:
            raise problems_error(list(_problems(error))) from None
        return {**data, "settings": valid.model_dump()}

    @property
    def own(self) -> Any:
        """The component's own settings, as an object of its class ``Settings``."""
        model = _settings_class(self.REGISTRY, getattr(self, self.CHOICE))
        return None if model is None else model.model_validate(getattr(self, "settings", {}))


def _settings_class(registry: Registry, name: Any) -> type[BaseModel] | None:
    """The nested class ``Settings`` of a component from elsewhere, if it has one."""
    if not isinstance(name, str) or registry.is_own(name) or not registry.finds(name):
        return None
    found: type[BaseModel] | None = getattr(registry.load(name), "Settings", None)
    return found


def _problems(error: ValidationError) -> Iterator[tuple[str, str]]:
    for detail in error.errors(include_url=False):
        key = ".".join(map(str, ("settings", *detail["loc"])))
        message = detail["msg"].replace("Input should be", "expected")
        if detail["type"] == "missing":
            message = "is missing"
        elif detail["type"] == "extra_forbidden":
            message = "unknown key"
        else:
            message = f"= {detail['input']!r}: {message}"
        yield key, message
