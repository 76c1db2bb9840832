"""Writes docs/api.md from the docstrings; ``python -m dsage_mpi.api.reference docs/api.md``.

Run without arguments it prints the reference; with a Markdown file it replaces what stands
between the two marker lines there.
"""

from __future__ import annotations

import inspect
import re
import sys
import textwrap
from collections.abc import Iterator
from functools import cached_property
from typing import Any

import dsage_mpi
from dsage_mpi.core.generated_page import GeneratedPart

BEGIN = "<!-- api: written by python -m dsage_mpi.api.reference, do not edit -->"
END = "<!-- end of api -->"

#: What the page has in which order; all that is public is in one of them.
SECTIONS = {
    "Configuration": ("load_config", "Config"),
    "Running": ("illuminate", "iterate", "Step"),
    "Results": ("open_run", "Run"),
    "Domains": ("DomainBase", "Measure", "Real", "Integer", "Choice", "Settings", "check_domain"),
    "Emitters and methods": ("MutationEmitter", "MethodBase", "Proposal", "generator", "Purpose"),
    "Names of components": (
        "register_domain",
        "register_emitter",
        "register_selection_rule",
        "register_method",
        "register_surrogate",
        "register_archive",
    ),
    "Exceptions": (
        "ConfigError",
        "RunDirectoryError",
        "CheckpointError",
        "DomainError",
        "ComponentError",
        "ComponentFailedError",
        "SurrogateError",
        "FarmError",
        "RunError",
        "RenderError",
        "MovieError",
        "StopRequested",
    ),
}
_FIELDS = ("Args", "Attributes", "Returns", "Yields", "Raises", "Example")


def reference() -> str:
    """Returns the reference of all public names as Markdown."""
    lines: list[str] = []
    for title, names in SECTIONS.items():
        lines += [f"## {title}", ""]
        for name in names:
            lines += _entry(name, getattr(dsage_mpi, name))
    return "\n".join(lines)


def replace_in(text: str) -> str:
    """Returns ``text`` with a fresh reference between its marker lines."""
    return _PART.replace_in(text)


def _entry(name: str, value: Any) -> Iterator[str]:
    if not inspect.isclass(value):
        yield from (f"### `{name}`", "", *_code(f"dsage_mpi.{name}{_signature(value)}"))
        yield from _text(value)
        return
    yield from (f"### `{name}`", "", *_text(value))
    if value.__module__.startswith("dsage_mpi.api.results"):
        for member, found in vars(value).items():
            if not member.startswith("_"):
                yield from _member(name, member, found)


def _member(owner: str, name: str, value: Any) -> Iterator[str]:
    if isinstance(value, property | cached_property):
        getter = value.fget if isinstance(value, property) else value.func
        kind = inspect.signature(getter).return_annotation if getter else ""
        yield from (f"#### `{owner}.{name}`: `{kind}`", "", *_text(getter))
    else:
        yield from (f"#### `{owner}.{name}`", "")
        yield from (*_code(f"{name}{_signature(value)}"), *_text(value))


def _signature(value: Any) -> str:
    """``(a, b=1) -> C``, one argument a line if it is long; names without their modules."""
    signature = inspect.signature(value)
    given = [p for p in signature.parameters.values() if p.name != "self"]
    signature = signature.replace(parameters=given)
    text = re.sub(r"'([^']*)'", r"\1", str(signature)).replace("schema.", "")
    if len(text) <= 80:
        return text
    result = f" -> {signature.return_annotation}" if signature.return_annotation else ""
    parts = re.sub(r"'([^']*)'", r"\1", str(signature.replace(return_annotation=inspect._empty)))
    inner = re.sub(r", (?=\*, |\w+: )", ",\n    ", parts[1:-1])
    return f"(\n    {inner},\n){result}".replace("schema.", "")


def _code(text: str) -> list[str]:
    return ["```python", text, "```", ""]


def _text(value: Any) -> Iterator[str]:
    """A Google docstring as Markdown: fields become lists, examples code."""
    blocks = re.split(rf"^({'|'.join(_FIELDS)}):\n", inspect.getdoc(value) or "", flags=re.M)
    yield from (_marked(blocks[0].strip()), "")
    for title, body in zip(blocks[1::2], blocks[2::2], strict=True):
        body = textwrap.dedent(body).strip()
        if title == "Example":
            yield from _code(body)
            continue
        yield f"**{title}**"
        yield ""
        if title in ("Returns", "Yields"):
            yield _marked(" ".join(body.split()))
        else:
            for item in re.split(r"\n(?=\S)", body):
                name, _, meaning = " ".join(item.split()).partition(": ")
                yield f"- `{name}`: {_marked(meaning)}"
        yield ""


def _marked(text: str) -> str:
    """Double backquotes of docstrings as Markdown's single ones."""
    return text.replace("``", "`")


_PART = GeneratedPart(BEGIN, END, reference)


if __name__ == "__main__":
    sys.exit(_PART.main(sys.argv[1:]))
