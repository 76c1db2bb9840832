"""``doctor``: what this installation has, what is missing, and how to get it."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Callable, Iterable, Iterator

from dsage_mpi.cli.console import Parser, describe
from dsage_mpi.cli.doctor.finding import Finding, Status
from dsage_mpi.core import exit_codes

EXIT_CODES = """exit codes:
  0  nothing that every run needs is missing
  1  something is
  4  the report could not be written"""
_TOPIC_WIDTH = 16
_STATUS_WIDTH = 9


def configure(parser: Parser) -> None:
    """Adds the description of ``doctor``, which has no arguments."""
    describe(
        parser,
        "Checks this installation: Python packages against their pins, MPI library and launcher, "
        "HDF5, GPU, native code, the shipped agent, Java, cores and Slurm.",
        EXIT_CODES,
    )


def main(arguments: argparse.Namespace) -> int:
    """Prints the report as plain text; returns the exit code."""
    worst = exit_codes.DONE
    for title, check in _sections():
        print(title)
        for finding in check():
            print(_line(finding), flush=True)
            if finding.status is Status.MISSING:
                worst = exit_codes.FAILED
    print("\nsomething that every run needs is missing" if worst else "\nready to run")
    return worst


def _sections() -> Iterator[tuple[str, Callable[[], Iterable[Finding]]]]:
    from dsage_mpi.cli.doctor import domains, machine, mpi, python

    yield "Python and packages", python.check
    yield "MPI and HDF5", mpi.check
    yield "machine", machine.check
    yield "domains", domains.check


def _line(finding: Finding) -> str:
    text = f"  {finding.status.value:<{_STATUS_WIDTH}}{finding.topic:<{_TOPIC_WIDTH}}{finding.text}"
    if not finding.remedy:
        return text
    indent = " " * (2 + _STATUS_WIDTH + _TOPIC_WIDTH)
    remedy = textwrap.fill(
        f"-> {finding.remedy}",
        width=100,
        initial_indent=indent,
        subsequent_indent=indent + "   ",
        break_on_hyphens=False,
    )
    return f"{text}\n{remedy}"
