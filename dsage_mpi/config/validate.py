"""From raw tables to a validated model, or to a list of everything that is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from dsage_mpi.config.components import foreign_components
from dsage_mpi.config.consistency import cross_problems
from dsage_mpi.config.document import Document
from dsage_mpi.config.errors import LISTED, ConfigError, Problem
from dsage_mpi.config.keys import model_at, suggestion
from dsage_mpi.config.schema import Config
from dsage_mpi.config.toml_writer import toml_value
from dsage_mpi.core.component_failures import told
from dsage_mpi.core.expectations import expectation
from dsage_mpi.core.settings import PROBLEMS_ERROR
from dsage_mpi.domains import finds_domain

Model = TypeVar("Model", bound=BaseModel)
Location = tuple[str | int, ...]


def validate(model: type[Model], document: Document) -> Model:
    """Checks ``document`` against ``model`` and reports every problem at once.

    Types are strict (no "5" for 5, no 1 for true); TOML's arrays become tuples.

    Raises:
        ConfigError: With all problems, in the order of the model's keys.
    """
    try:
        return _validated(model, document)
    except (ConfigError, MemoryError):
        raise
    except (Exception, SystemExit) as error:
        if not (suspects := foreign_components(document.tables)):
            raise
        message = f"{', '.join(suspects)}: cannot be checked: {told(error)}"
        raise ConfigError([Problem("", message)], document.name) from None


def _validated(model: type[Model], document: Document) -> Model:
    valid_tables: dict[str, Any] = {}
    problems: list[Problem] = []
    try:
        valid = model.model_validate(_tuples(document.tables), strict=True, context=valid_tables)
        if not document.problems:
            return valid
    except ValidationError as error:
        problems = _problems(model, document, error)
    if model is Config:
        found = {problem.key for problem in problems}
        problems += [
            _problem(document, key, message)
            for key, message in cross_problems(_with_defaults(document, valid_tables))
            if key not in found
        ]
    raise ConfigError([*document.problems, *problems], document.name)


def _with_defaults(document: Document, valid: dict[str, Any]) -> dict[str, Any]:
    """The valid tables and the defaults of those that the input leaves out."""
    defaults = {
        name: field.get_default(call_default_factory=True, validated_data={})
        for name, field in Config.model_fields.items()
        if name not in document.tables and not field.is_required()
    }
    found = {**defaults, **valid}
    raw = document.tables.get("domain")
    name = raw.get("name") if isinstance(raw, Mapping) else None
    if "domain" not in valid and finds_domain(name):
        found["domain"] = SimpleNamespace(name=name)  # all that the checks ask for
    return found


def _tuples(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _tuples(inner) for key, inner in value.items()}
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value


def _problems(model: type[BaseModel], document: Document, error: ValidationError) -> list[Problem]:
    problems: dict[str, Problem] = {}
    for detail in error.errors(include_url=False):
        if _is_consequence(detail):
            continue
        # The search for what an unknown key may mean takes long, and nobody reads it by thousands.
        hints = len(problems) < LISTED
        for key, message in _messages(model, document, detail, hints):
            known = problems.get(key)
            if known and key:  # several branches of a union failed on one value
                message = f"{known.message} or {message.removeprefix(_shown(detail))}"
                message = message.replace(" or expected ", " or ")
            problems[key] = _problem(document, key, message)
    return list(problems.values())


def _is_consequence(detail: ErrorDetails) -> bool:
    """Whether an array counts as too short only because some of its items are invalid."""
    return detail["type"] == "too_short" and len(detail["input"]) >= detail["ctx"]["min_length"]


def _problem(document: Document, key: str, message: str) -> Problem:
    names = tuple(part for part in re.sub(r"\[\d+\]", "", key).split(".") if part)
    return Problem(key, message, document.origin(names))


def _messages(
    model: type[BaseModel], document: Document, detail: ErrorDetails, hints: bool
) -> list[tuple[str, str]]:
    """(key path, message) pairs of one pydantic error; ``hints``: what an unknown key may mean."""
    location = _real_location(detail, document.tables)
    if detail["type"] == PROBLEMS_ERROR:
        problems = detail["ctx"]["problems"]
        return [(_join(location, key), message) for key, message in problems]
    if detail["type"] == "extra_forbidden":
        return [(_join(location), _unknown(model, document, location, detail["input"], hints))]
    if detail["type"] == "missing":
        return [(_join(location), f"is missing{_description(model, document, location)}")]
    return [(_join(location), _shown(detail) + expectation(detail))]


def _real_location(detail: ErrorDetails, tables: Any) -> Location:
    """The error's location without the tags that pydantic adds for the branches of a union."""
    location: list[str | int] = []
    for part in detail["loc"]:
        if isinstance(tables, Mapping) and isinstance(part, str):
            location.append(part)
            tables = tables.get(part)
        elif isinstance(tables, list | tuple) and isinstance(part, int):
            location.append(part)
            tables = tables[part] if part < len(tables) else None
    return tuple(location)


def _join(location: Location, key: str = "") -> str:
    text = ""
    for part in (*location, *([key] if key else [])):
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _unknown(
    model: type[BaseModel], document: Document, location: Location, value: Any, hints: bool
) -> str:
    is_table = isinstance(value, Mapping)
    what = f"unknown {'table' if is_table else 'key'}"
    if not hints:
        return what
    path = tuple(str(part) for part in location)
    return f"{what}; {suggestion(model, path, document.tables, is_table)}"


def _description(model: type[BaseModel], document: Document, location: Location) -> str:
    *parents, leaf = [str(part) for part in location]
    table = model_at(model, tuple(parents), document.tables)
    description = table.model_fields[leaf].description if table else None
    return f": {description}" if description else ""


def _shown(detail: ErrorDetails) -> str:
    """The offending value, ``"= 5: "``, unless it is a whole table."""
    value = detail["input"]
    if isinstance(value, Mapping | BaseModel) or value is None:
        return ""
    try:
        text = toml_value(value)
    except TypeError:
        text = str(value)
    return f"= {text if len(text) <= 60 else text[:57] + '...'}: "
