"""``check-domain``: does a domain do what the search relies on?"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys
import textwrap
from typing import Any, NoReturn

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
    return _check_in_child(arguments.domain, document.tables)


def _check_in_child(domain: str, settings: dict[str, Any]) -> int:
    """As ``_check``; a domain that ends its process does not end the verdict."""
    sys.stdout.flush()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _report(domain, settings, writing)
    os.close(writing)
    verdict = os.read(reading, 1)
    os.close(reading)
    _, status = os.waitpid(child, 0)
    if verdict:
        return verdict[0]
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGINT:
        return exit_codes.INTERRUPTED
    how = f"signal {os.WTERMSIG(status)}" if os.WIFSIGNALED(status) else "os._exit or an exception"
    print(f"WRONG  the domain ended the whole process ({how}) in the check after the last line")
    return exit_codes.FAILED


def _report(domain: str, settings: dict[str, Any], writing: int) -> NoReturn:
    """Checks, writes the verdict to a pipe if there is one, and ends this process."""
    with contextlib.suppress(BaseException):  # whatever somebody's domain raises: no verdict
        try:
            code = _check(domain, settings)
            sys.stdout.flush()
        except OSError:
            code = exit_codes.NO_OUTPUT
        os.write(writing, bytes([code]))
    os._exit(exit_codes.FAILED)


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
