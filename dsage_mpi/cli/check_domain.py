"""``check-domain``: does a domain do what the search relies on?"""

from __future__ import annotations

import argparse
from typing import Any

from dsage_mpi.cli.console import Parser, describe
from dsage_mpi.core import exit_codes
from dsage_mpi.core.terminal import complain

EPILOG = """examples:
  python -m dsage_mpi check-domain my_module:MyDomain
  python -m dsage_mpi check-domain my_module:MyDomain --set size=8

exit codes:
  0  nothing is wrong
  1  something is; one line each, of the first check that found any
  2  a setting has no such form
  4  what was to be printed could not be written"""


def configure(parser: Parser) -> None:
    """Adds description and arguments of ``check-domain``."""
    describe(
        parser,
        "Checks a domain (docs/extending.md): shapes, dtypes, the same results in any "
        "batch and order, finite values within the declared ranges, and a tiny run that is stopped "
        "and resumed.",
        EPILOG,
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

    document = Document(name="")
    apply_overrides(document, arguments.set)
    for problem in document.problems:
        complain(problem)
    if document.problems:
        return exit_codes.BAD_INPUT
    return _check(arguments.domain, document.tables)


def _check(domain: str, settings: dict[str, Any]) -> int:
    from dsage_mpi.testing import domain_problems

    wrong = False
    for what, lines in domain_problems(domain, **settings):
        wrong |= bool(lines)
        print(f"{'WRONG' if lines else 'ok':7}{what}", flush=True)
        for line in lines:
            print(f"       {line}")
    return exit_codes.FAILED if wrong else exit_codes.DONE
