"""``list``: what there is to name: inputs, and the components that inputs choose from."""

from __future__ import annotations

import argparse
import sys
import tomllib
from pathlib import Path

from dsage_mpi.cli.console import Parser, describe, exit_codes_help
from dsage_mpi.cli.init import source_folder
from dsage_mpi.core import exit_codes
from dsage_mpi.core.terminal import live_width

EPILOG = f"""examples:
  python -m dsage_mpi list                    everything
  python -m dsage_mpi list emitters networks  these kinds alone

Components of installed packages (entry points, docs/extending.md) are listed as ours are. Every
setting of each: docs/configuration.md.

{exit_codes_help("listed", "not used", "bad usage")}
"""
#: Kind, as it is asked for -> the key that names one of it in an input.
_KEYS = {
    "domains": "domain.name",
    "methods": "algorithm.method",
    "emitters": "emitters.kind",
    "selection-rules": "selection.kind",
    "networks": "surrogate.kind",
    "archives": "archive.kind",
}
_INPUTS = "inputs"
#: Folders of inputs that are no inputs by themselves.
_SHARED = "base"


def configure(parser: Parser) -> None:
    """Adds description and arguments of ``list``."""
    describe(
        parser,
        "Names inputs, domains, methods, emitters, selection rules, networks and archives, "
        "with one line each.",
        EPILOG,
    )
    parser.add_argument(
        "kinds",
        metavar="KIND",
        nargs="*",
        type=_kind,
        help=f"{', '.join((_INPUTS, *_KEYS))}; default: all",
    )


def _kind(text: str) -> str:
    if text in (_INPUTS, *_KEYS):
        return text
    raise argparse.ArgumentTypeError(f"{text!r}: expected one of {', '.join((_INPUTS, *_KEYS))}")


def main(arguments: argparse.Namespace) -> int:
    """Prints the lists; returns the exit code."""
    from dsage_mpi.core.text_table import text_table

    blocks = []
    for kind in arguments.kinds or (_INPUTS, *_KEYS):
        title, rows = _inputs() if kind == _INPUTS else _components(kind)
        table = text_table(rows, width=live_width(sys.stdout)) if rows else "(none)"
        blocks.append("\n".join([title, *(f"  {line}" for line in table.splitlines())]))
    print("\n\n".join(blocks))
    return exit_codes.DONE


def _components(kind: str) -> tuple[str, list[tuple[str, str]]]:
    """Title and (name, what it is) of the components of a kind."""
    from dsage_mpi.config.component_reference import component_summary
    from dsage_mpi.config.keys import registries
    from dsage_mpi.config.schema import Config

    key = _KEYS[kind]
    registry = registries(Config)[key]
    return f"{kind} ({key})", [(name, component_summary(registry, name)) for name in registry]


def _inputs() -> tuple[str, list[tuple[str, str]]]:
    """Title and (path, what it is) of the inputs here, or of those that come with the program."""
    folder = Path(_INPUTS)
    if not any(folder.glob("*.toml")):
        folder = source_folder() / _INPUTS
    found = sorted(
        folder.rglob("*.toml"), key=lambda path: (len(path.parts), path.parent, path.stem)
    )
    chosen = [path for path in found if path.parent.name != _SHARED]
    return f"inputs ({folder})", [(str(path.relative_to(folder)), _title(path)) for path in chosen]


def _title(path: Path) -> str:
    """An input's title, else the first sentence of its first comment."""
    try:
        text = path.read_text(encoding="utf-8")
        if title := tomllib.loads(text).get("title"):
            return str(title)
    except (OSError, ValueError) as error:
        return f"cannot be read: {error}"
    comment = []
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        comment.append(line.lstrip("# "))
    return " ".join(comment).partition(". ")[0].rstrip(".")
