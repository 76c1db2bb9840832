"""Which keys a model knows, and which of them a misspelt one probably meant."""

from __future__ import annotations

import difflib
import types
from collections.abc import Iterator, Mapping
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from dsage_mpi.archives.registry import ARCHIVES
from dsage_mpi.archives.settings import DEFAULT, ArchiveSettings, archive_settings
from dsage_mpi.config.document import KeyPath
from dsage_mpi.core.registry import Registry
from dsage_mpi.domains import DOMAINS, domain_settings, finds_domain


def table_model(model: type[BaseModel], key: str, value: Any = None) -> type[BaseModel] | None:
    """The model of the sub-table ``key`` of ``model``, or None if ``key`` is no table.

    A key annotated with plain ``BaseModel`` is one whose settings class its ``name`` decides
    ([domain]), one with ``ArchiveSettings`` one whose ``kind`` does; ``value`` is the raw table.
    """
    found = _model_in(model.model_fields[key].annotation) if key in model.model_fields else None
    if found is BaseModel:
        name = value.get("name") if isinstance(value, Mapping) else None
        return domain_settings(name).SETTINGS if finds_domain(name) else None
    if found is ArchiveSettings:
        kind = value.get("kind", DEFAULT) if isinstance(value, Mapping) else DEFAULT
        return archive_settings(value) if ARCHIVES.finds(kind) else None
    return found


def model_at(model: type[BaseModel], path: KeyPath, tables: Any) -> type[BaseModel] | None:
    """The model of the table at ``path`` below ``model``, or None if there is no such table."""
    current: type[BaseModel] | None = model
    for key in path:
        tables = tables.get(key) if isinstance(tables, Mapping) else None
        current = table_model(current, key, tables) if current is not None else None
    return current


def key_paths(
    model: type[BaseModel], tables: Any, path: KeyPath = (), tables_too: bool = False
) -> Iterator[KeyPath]:
    """Every key below ``model``, depth first."""
    for key in model.model_fields:
        value = tables.get(key) if isinstance(tables, Mapping) else None
        inner = table_model(model, key, value)
        if inner is None or tables_too:
            yield (*path, key)
        if inner is not None:
            yield from key_paths(inner, value, (*path, key), tables_too)


def registries(model: type[BaseModel]) -> dict[str, Registry]:
    """The keys below ``model`` whose values name components -> what may be named."""
    found = {"domain.name": DOMAINS} if "domain" in model.model_fields else {}
    for path in key_paths(model, {}):
        table = model_at(model, path[:-1], {})
        field = table.model_fields[path[-1]] if table else None
        found |= {".".join(path): registry for registry in registries_of(field)}
    return found


def registries_of(field: FieldInfo | None) -> list[Registry]:
    """The registry of a field whose values are names of components; else none."""
    return [found for found in field.metadata if isinstance(found, Registry)] if field else []


def suggestion(model: type[BaseModel], path: KeyPath, tables: Any, is_table: bool) -> str:
    """A hint for the unknown key at ``path``: the nearest valid key, else all that would do."""
    *parents, leaf = path
    parent_model = model_at(model, tuple(parents), tables)
    siblings = list(parent_model.model_fields) if parent_model else []
    if near := difflib.get_close_matches(leaf, siblings, n=1, cutoff=0.6):
        return f"did you mean {'.'.join([*parents, near[0]])}?"
    if not is_table:
        everywhere = [p for p in key_paths(model, tables) if list(p[:-1]) != parents]
        same = [p for p in everywhere if p[-1] == leaf]
        if not same:
            leaves = {p[-1]: p for p in everywhere}
            near = difflib.get_close_matches(leaf, list(leaves), n=1, cutoff=0.8)
            same = [leaves[name] for name in near]
        if same:
            return f"did you mean {' or '.join('.'.join(p) for p in same)}?"
    return f"expected one of {', '.join(siblings)}"


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) is None:
        return None
    if get_origin(annotation) in (Union, types.UnionType):
        found = (_model_in(part) for part in get_args(annotation))
        return next((m for m in found if m is not None), None)
    return _model_in(get_args(annotation)[0])  # Annotated[X, ...], SerializeAsAny[X]
