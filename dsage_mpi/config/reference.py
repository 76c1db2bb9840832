"""The table of every key, for docs/configuration.md; ``python -m dsage_mpi.config.reference``.

Run without arguments it prints the tables; with a Markdown file it replaces what stands between
the two marker lines there.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from dsage_mpi.archives.registry import ARCHIVES
from dsage_mpi.config.component_reference import component_tables
from dsage_mpi.config.keys import registries_of, table_model
from dsage_mpi.config.schema import Config
from dsage_mpi.config.toml_writer import toml_value
from dsage_mpi.core.component_settings import ComponentSettings
from dsage_mpi.core.generated_page import GeneratedPart
from dsage_mpi.domains import DOMAINS

BEGIN = "<!-- keys: written by python -m dsage_mpi.config.reference, do not edit -->"
END = "<!-- end of keys -->"


def reference() -> str:
    """Markdown: one table per TOML table, with default and meaning of every key."""
    blocks = [_block("top level", Config, None)]
    for key in Config.model_fields:
        if key == "domain":
            for name in DOMAINS.own():
                model = table_model(Config, key, {"name": name})
                blocks.append(_block(f'`[domain]` with `name = "{name}"`', model, None))
                blocks += _inner_blocks("domain", model)
        elif key == "archive":
            for kind in ARCHIVES.own():
                model = table_model(Config, key, {"kind": kind})
                blocks.append(_block(f'`[archive]` with `kind = "{kind}"`', model, None))
        else:
            model = table_model(Config, key)
            if model is not None:
                blocks.append(_block(f"`[{key}]`", model, Config.model_fields[key]))
                blocks += _own_settings(key, model)
    blocks += ["\n".join([f"### {title}", "", *lines, ""]) for title, lines in component_tables()]
    return "\n".join(blocks)


def replace_in(text: str) -> str:
    """Returns ``text`` with a fresh reference between its marker lines."""
    return _PART.replace_in(text)


def _inner_blocks(path: str, model: type[BaseModel] | None) -> Iterator[str]:
    """Blocks of the tables inside ``model``, depth first."""
    for key, field in model.model_fields.items() if model is not None else ():
        inner = table_model(model, key) if model is not None else None
        if inner is not None:
            yield _block(f"`[{path}.{key}]`", inner, field)
            yield from _inner_blocks(f"{path}.{key}", inner)


def _own_settings(path: str, model: type[BaseModel]) -> Iterator[str]:
    """Blocks of the settings that our components of a table have of their own."""
    if issubclass(model, ComponentSettings):
        for name in model.REGISTRY.own():
            own = model.REGISTRY.settings_class(name)
            if own is not None:
                title = f'`[{path}.settings]` with `{model.CHOICE} = "{name}"`'
                yield _block(title, own, None)


def _block(title: str, model: type[BaseModel] | None, field: FieldInfo | None) -> str:
    assert model is not None
    lines = [f"### {title}", ""]
    if field is not None and field.description:
        lines += [field.description, ""]
    lines += ["| key | default | meaning |", "|---|---|---|", *_rows(model)]
    return "\n".join(lines) + "\n"


def _rows(model: type[BaseModel]) -> Iterator[str]:
    for key, field in model.model_fields.items():
        if (model is Config and key == "domain") or table_model(model, key) is not None:
            continue
        choices = _choices(field)
        meaning = field.description or ""
        if choices and not any(choice.strip('"') in meaning for choice in choices):
            meaning += f" One of {', '.join(f'`{c}`' for c in choices)}."
        yield f"| `{key}` | {_default(field)} | {meaning.replace('|', chr(92) + '|')} |"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True, validated_data={})
    return "unset" if value is None else f"`{toml_value(value)}`"


def _choices(field: FieldInfo) -> list[str]:
    """The names in the registry of a field that has one, or the values of its ``Literal``."""
    own = [name for registry in registries_of(field) for name in registry.own()]
    values = own or [value for value in get_args(field.annotation) if isinstance(value, str)]
    return [toml_value(value) for value in values] if len(values) > 1 else []


_PART = GeneratedPart(BEGIN, END, reference)


if __name__ == "__main__":
    sys.exit(_PART.main(sys.argv[1:]))
