"""Domains from outside this package: a class, seen as a ``settings`` module of ours is.

The class is called with (settings, measures) and fulfils the contract of ``core/domain.py``, most
simply by deriving from ``core/domain_base.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, cached_property
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dsage_mpi.core.cost_facts import CostFacts
from dsage_mpi.core.domain import Domain, DomainError, Measure
from dsage_mpi.core.levels import LevelKind, level_kind
from dsage_mpi.core.registry import ComponentError
from dsage_mpi.core.settings import Settings
from dsage_mpi.domains.registry import DOMAINS


def foreign_domain(name: str) -> ForeignDomain:
    """What is known of the domain with this registered name or dotted path.

    Raises:
        ComponentError: It cannot be imported, or is no domain.
    """
    return _foreign_domain(name, DOMAINS.load(name))


@cache  # by the class, too: a notebook's cell may define it anew
def _foreign_domain(name: str, made_by: Any) -> ForeignDomain:
    return ForeignDomain(name, made_by)


class ForeignDomain:
    """The class of a domain, with the names that a ``settings`` module has.

    Args:
        name: What ``domain.name`` is in the input.
        made_by: The class.

    Raises:
        ComponentError: It is no domain.
    """

    def __init__(self, name: str, made_by: Any) -> None:
        self.name, self._class = name, made_by
        if not isinstance(made_by, type):
            raise ComponentError(
                f"is a {type(made_by).__name__}: expected a class, derived from DomainBase"
            )
        measures = getattr(made_by, "MEASURES", None)
        if not isinstance(measures, Mapping) or not measures:
            raise ComponentError(
                f"{made_by.__name__} has no MEASURES: expected "
                'MEASURES = {"name": Measure(low, high), ...} in the class'
            )
        wrong = [n for n, m in measures.items() if not isinstance(m, Measure)]
        if wrong:
            raise ComponentError(
                f'{made_by.__name__}.MEASURES["{wrong[0]}"] is {measures[wrong[0]]!r}: '
                "expected Measure(low, high)"
            )
        settings = getattr(made_by, "Settings", Settings)
        if not (isinstance(settings, type) and issubclass(settings, BaseModel)):
            raise ComponentError(
                f"{made_by.__name__}.Settings is {settings!r}: expected a class with pydantic "
                "fields, derived from DomainBase.Settings"
            )
        self.MEASURES: dict[str, Measure] = dict(measures)
        self.MEASURE_ALIASES: Mapping[str, str] = getattr(made_by, "MEASURE_ALIASES", {})
        self.CHANGEABLE: tuple[str, ...] = tuple(getattr(made_by, "CHANGEABLE", ()))
        self.OCCUPANCY = bool(getattr(made_by, "OCCUPANCY", True))

    @cached_property
    def SETTINGS(self) -> type[BaseModel]:  # noqa: N802  (as in a settings module)
        """The class's ``Settings``, with ``name`` and the rules of all tables."""
        own = getattr(self._class, "Settings", Settings)
        return type(
            "Settings",
            (own,),
            {
                "__doc__": own.__doc__,
                "__module__": own.__module__,
                "__annotations__": {"name": Literal[self.name]},
                "name": Field(description="Selects this domain."),
                "__reduce__": _reduce,
                "model_config": ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False),
            },
        )

    @cached_property
    def SOLUTION_KIND(self) -> str:  # noqa: N802  (as in a settings module)
        """Whether solutions are "discrete", "continuous" or "mixed"."""
        declared = getattr(self._class, "SOLUTION_KIND", None)
        if not declared and getattr(self._class, "PARAMETERS", None):
            return "mixed"
        default = None if declared else self._default()
        return str(declared or ("discrete" if default is None else default.solution_kind))

    def level_kind(self, table: Any) -> LevelKind:
        """What levels are; images where the table ``[domain]`` does not do.

        Args:
            table: Checked (an object of ``SETTINGS``) or not (a mapping).
        """
        try:
            settings = self.SETTINGS.model_validate(table) if isinstance(table, Mapping) else table
            if not isinstance(settings, BaseModel):
                return "images"
            return level_kind(self.build(settings, tuple(self.MEASURES)).level_shape)
        except (ValidationError, DomainError):
            return "images"

    def solution_dim(self, settings: BaseModel) -> int | None:
        """Numbers in a solution; None where the settings are not known or do not do."""
        if not isinstance(settings, BaseModel):
            return None
        try:
            return int(self.build(settings, tuple(self.MEASURES)).solution_dim)
        except DomainError:
            return None

    def cost_facts(self, settings: BaseModel) -> CostFacts:
        """What one evaluation costs, as the class says."""
        if hasattr(self._class, "cost_facts"):
            told: CostFacts = self._class.cost_facts(settings)
            return told
        domain = self.build(settings, tuple(self.MEASURES))
        return CostFacts(
            seconds=float(getattr(self._class, "SECONDS", 0.01)),
            level_shape=domain.level_shape,
            tile_count=domain.tile_count,
            solution_bytes=domain.solution_dim * domain.solution_dtype.itemsize,
            basis=f"{self._class.__name__}.SECONDS",
            planes=len(getattr(domain, "PLANES", ())),
        )

    def build(self, settings: BaseModel, measures: tuple[str, ...]) -> Domain:
        """The domain itself.

        Raises:
            DomainError: It cannot be set up.
        """
        try:
            domain: Domain = self._class(settings, measures)
        except DomainError as error:
            raise DomainError(f'domain.name = "{self.name}": {error}') from error
        except (Exception, SystemExit) as error:  # whatever somebody's class does
            text = f"{type(error).__name__}: {error}"
            raise DomainError(f'domain.name = "{self.name}" cannot be set up: {text}') from error
        return domain

    def _default(self) -> Domain | None:
        """The domain with default settings, if it has any."""
        try:
            return self.build(self.SETTINGS(name=self.name), tuple(self.MEASURES))
        except (ValidationError, DomainError):
            return None


def _reduce(self: BaseModel) -> tuple[Any, ...]:
    """Pickles settings (ranks are sent them) as what they hold: their class is made anew there."""
    data = self.model_dump()
    return _settings, (data["name"], data)


def _settings(name: str, data: dict[str, Any]) -> BaseModel:
    return foreign_domain(name).SETTINGS.model_validate(data)
