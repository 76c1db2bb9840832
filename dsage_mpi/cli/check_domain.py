"""``check-domain``: does a domain do what the search relies on?"""

from __future__ import annotations

import argparse
import textwrap
from typing import Any

from dsage_mpi.cli.console import Parser, describe, exit_codes_help
from dsage_mpi.core import exit_codes
from dsage_mpi.core.terminal import complain

EPILOG = """examples:
  python -m dsage_mpi check-domain my_module:MyDomain
  python -m dsage_mpi check-domain my_module:MyDomain --set size=8
"""
_EXIT_CODES = exit_codes_help(
    "nothing is wrong",
    "something is; one line each, of the first check that found any",
    "a setting has no such form",
)


def configure(parser: Parser) -> None:
    """Adds description and arguments of ``check-domain``."""
    describe(
        parser,
        "Checks a domain (docs/extending.md): shapes, dtypes, the same results in any "
        "batch and order, finite values within the declared ranges, and a tiny run that is stopped "
        "and resumed.",
        f"{EPILOG}\n{_EXIT_CODES}",
    )
    parser.add_argument("domain", metavar="MODULE:CLASS", help="the domain, or a registered name")
    parser.add_argument(
        "--set",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        help="a setting of the domain, in TOML notation",
    )


def main(arguments: argparse.Namespace) -> int:
    """Prints a line per check and per problem; returns the exit code."""
    from dsage_mpi.config.document import Document, apply_overrides

    for text in arguments.set:
        if "=" not in text:
            complain(f"--set {text}: expected KEY=VALUE, e.g. --set {text}=1")
            return exit_codes.BAD_INPUT
    document = Document(name="")
    apply_overrides(document, arguments.set)
    for problem in document.problems:
        complain(problem)
    if document.problems:
        return exit_codes.BAD_INPUT
    return _check(arguments.domain, document.tables)


def _check(domain: str, settings: dict[str, Any]) -> int:
    from dsage_mpi.testing import Note, domain_problems

    wrong = False
    for what, lines in domain_problems(domain, **settings):
        bad = any(not isinstance(line, Note) for line in lines)
        wrong |= bad
        print(f"{'WRONG' if bad else 'ok':7}{what}", flush=True)
        for line in lines:
            print(textwrap.indent(line, " " * 7))
    return exit_codes.FAILED if wrong else exit_codes.DONE
